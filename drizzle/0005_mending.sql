DROP INDEX `job_log_idempotency`;--> statement-breakpoint
CREATE INDEX `job_log_by_kind` ON `job_log` (`environment`,`kind`,`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `job_log_by_league_kind` ON `job_log` (`environment`,`league_key`,`kind`,`status`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `job_log_totals` ON `job_log` (`environment`,`league_key`,`created_at`,`status`,`started_at`,`finished_at`,`records_processed`,`records_inserted`,`requests`,`retries`);--> statement-breakpoint
CREATE UNIQUE INDEX `job_log_idempotency` ON `job_log` (`environment`,`idempotency_key`) WHERE "job_log"."idempotency_key" is not null and "job_log"."status" not in ('FAILED', 'CANCELLED');--> statement-breakpoint
CREATE TABLE `__new_schedule_decisions` (
	`schedule_id` text NOT NULL,
	`scheduled_for` integer NOT NULL,
	`trigger` text NOT NULL,
	`epoch` integer DEFAULT 0 NOT NULL,
	`scheduled_until` integer,
	`decided_at` integer NOT NULL,
	`outcome` text NOT NULL,
	`job_id` text,
	`reason` text NOT NULL,
	PRIMARY KEY(`schedule_id`, `scheduled_for`, `trigger`, `epoch`),
	FOREIGN KEY (`schedule_id`) REFERENCES `schedules`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "schedule_decisions_trigger" CHECK("__new_schedule_decisions"."trigger" in ('CRON', 'MANUAL')),
	CONSTRAINT "schedule_decisions_outcome" CHECK("__new_schedule_decisions"."outcome" in ('STARTED', 'SKIPPED_OVERLAP', 'SKIPPED_MISSED', 'FAILED')),
	CONSTRAINT "schedule_decisions_started" CHECK("__new_schedule_decisions"."outcome" <> 'STARTED' or "__new_schedule_decisions"."job_id" is not null),
	CONSTRAINT "schedule_decisions_range" CHECK("__new_schedule_decisions"."scheduled_until" is null or ("__new_schedule_decisions"."outcome" = 'SKIPPED_MISSED' and "__new_schedule_decisions"."scheduled_until" > "__new_schedule_decisions"."scheduled_for"))
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `__new_schedule_decisions`("schedule_id", "scheduled_for", "trigger", "epoch", "scheduled_until", "decided_at", "outcome", "job_id", "reason") SELECT "schedule_id", "scheduled_for", "trigger", 0, "scheduled_until", "decided_at", "outcome", "job_id", "reason" FROM `schedule_decisions`;--> statement-breakpoint
DROP TABLE `schedule_decisions`;--> statement-breakpoint
ALTER TABLE `__new_schedule_decisions` RENAME TO `schedule_decisions`;--> statement-breakpoint
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
ALTER TABLE `schedules` ADD `epoch` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `schedules_decided` ON `schedules` (`decided_until`) WHERE "schedules"."enabled" = 1;