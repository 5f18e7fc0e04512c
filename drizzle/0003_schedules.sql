CREATE TABLE `schedule_decisions` (
	`schedule_id` text NOT NULL,
	`scheduled_for` integer NOT NULL,
	`trigger` text NOT NULL,
	`scheduled_until` integer,
	`decided_at` integer NOT NULL,
	`outcome` text NOT NULL,
	`job_id` text,
	`reason` text NOT NULL,
	PRIMARY KEY(`schedule_id`, `scheduled_for`, `trigger`),
	FOREIGN KEY (`schedule_id`) REFERENCES `schedules`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "schedule_decisions_trigger" CHECK("schedule_decisions"."trigger" in ('CRON', 'MANUAL')),
	CONSTRAINT "schedule_decisions_outcome" CHECK("schedule_decisions"."outcome" in ('STARTED', 'SKIPPED_OVERLAP', 'SKIPPED_MISSED', 'FAILED')),
	CONSTRAINT "schedule_decisions_started" CHECK("schedule_decisions"."outcome" <> 'STARTED' or "schedule_decisions"."job_id" is not null),
	CONSTRAINT "schedule_decisions_range" CHECK("schedule_decisions"."scheduled_until" is null or ("schedule_decisions"."outcome" = 'SKIPPED_MISSED' and "schedule_decisions"."scheduled_until" > "schedule_decisions"."scheduled_for"))
) WITHOUT ROWID;
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
CREATE INDEX `schedules_by_name` ON `schedules` (`environment`,`name`,`id`) WHERE "schedules"."deleted_at" is null;--> statement-breakpoint
CREATE INDEX `schedules_due_next` ON `schedules` (`next_due_at`) WHERE "schedules"."next_due_at" is not null;--> statement-breakpoint
CREATE INDEX `schedules_waiting` ON `schedules` (`queued_for`) WHERE "schedules"."queued_for" is not null;
--> statement-breakpoint
CREATE TRIGGER `schedule_decisions_kept` BEFORE UPDATE ON `schedule_decisions`
BEGIN
	SELECT RAISE(ABORT, 'ledger: decisions are never rewritten');
END;
--> statement-breakpoint
CREATE TRIGGER `schedule_decisions_never_deleted` BEFORE DELETE ON `schedule_decisions`
BEGIN
	SELECT RAISE(ABORT, 'ledger: decisions are kept for ever');
END;
--> statement-breakpoint
CREATE TRIGGER `schedules_kept` BEFORE DELETE ON `schedules`
BEGIN
	SELECT RAISE(ABORT, 'ledger: schedules are kept, deleted ones marked as such');
END;
--> statement-breakpoint
INSERT INTO `schedules` (`id`, `name`, `environment`, `league_key`, `cron`, `timezone`, `lookback_days`, `enabled`, `overlap`, `catch_up`, `created_at`, `updated_at`, `decided_until`)
SELECT 'schedule_demo', 'Demo league', 'PRODUCTION', 'demo.l.1', '*/5 * * * *', 'America/New_York', 7, 0, 'SKIP', 'LATEST', `now`, `now`, 0
FROM (SELECT cast(unixepoch('subsec') * 1000 as integer) AS `now`);
