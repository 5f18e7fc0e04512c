CREATE TABLE `schedule_changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`schedule_id` text NOT NULL,
	`kind` text NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`fields` text NOT NULL,
	FOREIGN KEY (`schedule_id`) REFERENCES `schedules`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "schedule_changes_kind" CHECK("schedule_changes"."kind" in ('CREATED', 'CHANGED', 'DELETED')),
	CONSTRAINT "schedule_changes_fields" CHECK(json_valid("schedule_changes"."fields"))
);
--> statement-breakpoint
CREATE INDEX `schedule_changes_by_schedule` ON `schedule_changes` (`schedule_id`,`id`);--> statement-breakpoint
ALTER TABLE `job_events` ADD `by` text;--> statement-breakpoint
ALTER TABLE `league_dates` ADD `by` text;--> statement-breakpoint
CREATE TRIGGER `schedule_changes_kept` BEFORE UPDATE ON `schedule_changes`
BEGIN
	SELECT RAISE(ABORT, 'ledger: what somebody did is never changed');
END;
