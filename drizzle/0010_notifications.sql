CREATE TABLE `notifications` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`webhook_id` text NOT NULL,
	`kind` text NOT NULL,
	`occasion` text NOT NULL,
	`payload` text NOT NULL,
	`created_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_at` integer,
	`delivered_at` integer,
	`last_error` text,
	FOREIGN KEY (`webhook_id`) REFERENCES `webhooks`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "notifications_kind" CHECK("notifications"."kind" in ('JOB_COMPLETED', 'JOB_FAILED', 'JOB_NEEDS_LOGIN', 'LEAGUE_STALE', 'TEST')),
	CONSTRAINT "notifications_payload" CHECK(json_valid("notifications"."payload"))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `notifications_once` ON `notifications` (`webhook_id`,`occasion`);--> statement-breakpoint
CREATE INDEX `notifications_due` ON `notifications` (`next_at`) WHERE "notifications"."next_at" is not null;--> statement-breakpoint
CREATE TABLE `stale_leagues` (
	`league_key` text PRIMARY KEY NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`host` text NOT NULL,
	`format` text NOT NULL,
	`kinds` text NOT NULL,
	`sealed` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`deleted_at` integer,
	CONSTRAINT "webhooks_format" CHECK("webhooks"."format" in ('JSON', 'DISCORD', 'SLACK', 'HEARTBEAT')),
	CONSTRAINT "webhooks_kinds" CHECK(json_valid("webhooks"."kinds"))
);
