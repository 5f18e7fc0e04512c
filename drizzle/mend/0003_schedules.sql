PRAGMA defer_foreign_keys = ON;
--> statement-breakpoint
CREATE TABLE `schedules_before` AS SELECT * FROM `schedules`;
--> statement-breakpoint
DROP TABLE `schedules`;
--> statement-breakpoint
CREATE TABLE `schedules` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`environment` text NOT NULL,
	`league_key` text NOT NULL,
	`cron` text NOT NULL,
	`timezone` text NOT NULL,
	`lookback_days` integer NOT NULL,
	`enabled` integer NOT NULL,
	`overlap` text NOT NULL,
	`catch_up` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`decided_until` integer NOT NULL,
	`next_due_at` integer,
	`queued_for` integer,
	`queued_behind` text,
	`last_run_at` integer,
	`last_job_id` text,
	FOREIGN KEY (`queued_behind`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`last_job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "schedules_environment" CHECK("schedules"."environment" in ('PRODUCTION', 'TEST')),
	CONSTRAINT "schedules_lookback" CHECK("schedules"."lookback_days" between 1 and 30),
	CONSTRAINT "schedules_enabled" CHECK("schedules"."enabled" in (0, 1)),
	CONSTRAINT "schedules_overlap" CHECK("schedules"."overlap" in ('SKIP', 'QUEUE')),
	CONSTRAINT "schedules_catch_up" CHECK("schedules"."catch_up" in ('LATEST', 'NONE')),
	CONSTRAINT "schedules_due" CHECK("schedules"."next_due_at" is null or ("schedules"."enabled" = 1 and "schedules"."next_due_at" > "schedules"."decided_until")),
	CONSTRAINT "schedules_queued" CHECK(("schedules"."queued_for" is null) = ("schedules"."queued_behind" is null) and ("schedules"."queued_for" is null or "schedules"."enabled" = 1)),
	CONSTRAINT "schedules_deleted" CHECK("schedules"."deleted_at" is null or "schedules"."enabled" = 0),
	CONSTRAINT "schedules_last" CHECK("schedules"."last_job_id" is null or "schedules"."last_run_at" is not null)
);
--> statement-breakpoint
INSERT INTO `schedules` (`id`, `name`, `environment`, `league_key`, `cron`, `timezone`, `lookback_days`, `enabled`, `overlap`, `catch_up`, `created_at`, `updated_at`, `deleted_at`, `version`, `decided_until`, `next_due_at`, `queued_for`, `queued_behind`, `last_run_at`, `last_job_id`)
SELECT `id`, `name`, `environment`, `league_key`, `cron`, `timezone`, `lookback_days`, `enabled`, `overlap`, `catch_up`, `created_at`, `updated_at`, `deleted_at`, `version`, `decided_until`, `next_due_at`, iif(`last_job_id` is null, null, `queued_for`), iif(`queued_for` is null, null, `last_job_id`), `last_run_at`, `last_job_id`
FROM `schedules_before`;
--> statement-breakpoint
DROP TABLE `schedules_before`;
--> statement-breakpoint
CREATE INDEX `schedules_by_name` ON `schedules` (`environment`,`name`,`id`) WHERE "schedules"."deleted_at" is null;
--> statement-breakpoint
CREATE INDEX `schedules_due_next` ON `schedules` (`next_due_at`) WHERE "schedules"."next_due_at" is not null;
--> statement-breakpoint
CREATE INDEX `schedules_waiting` ON `schedules` (`queued_for`) WHERE "schedules"."queued_for" is not null;
--> statement-breakpoint
CREATE TRIGGER `schedules_kept` BEFORE DELETE ON `schedules`
BEGIN
	SELECT RAISE(ABORT, 'ledger: schedules are kept, deleted ones marked as such');
END;
