CREATE TABLE `job_findings` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job_id` text NOT NULL,
	`severity` text NOT NULL,
	`code` text NOT NULL,
	`message` text NOT NULL,
	`date` text,
	`team_key` text,
	`player_id` text,
	`mended` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "job_findings_severity" CHECK("job_findings"."severity" in ('ERROR', 'WARNING')),
	CONSTRAINT "job_findings_mended" CHECK("job_findings"."mended" in (0, 1))
);
--> statement-breakpoint
CREATE INDEX `job_findings_by_job` ON `job_findings` (`job_id`,`severity`,`date`,`id`);
--> statement-breakpoint
CREATE TRIGGER `job_findings_kept` BEFORE UPDATE ON `job_findings`
BEGIN
	SELECT RAISE(ABORT, 'ledger: findings are never changed');
END;
--> statement-breakpoint
-- The kinds of jobs that a table allows cannot be altered in place: the rows step aside while it is made anew. For the time of this
-- transaction the references to them have an index each, or every job would read every record.
PRAGMA defer_foreign_keys = ON;
--> statement-breakpoint
CREATE INDEX `moving_daily_lineups` ON `daily_lineups` (`job_id`);
--> statement-breakpoint
CREATE INDEX `moving_team_days` ON `team_days` (`job_id`);
--> statement-breakpoint
CREATE INDEX `moving_league_dates` ON `league_dates` (`job_id`);
--> statement-breakpoint
CREATE INDEX `moving_lineup_changes` ON `lineup_changes` (`job_id`);
--> statement-breakpoint
CREATE INDEX `moving_previous_jobs` ON `lineup_changes` (`previous_job_id`);
--> statement-breakpoint
CREATE INDEX `moving_schedule_decisions` ON `schedule_decisions` (`job_id`);
--> statement-breakpoint
CREATE TABLE `job_log_before` AS SELECT * FROM `job_log`;
--> statement-breakpoint
DROP TABLE `job_log`;
--> statement-breakpoint
CREATE TABLE `job_log` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`environment` text NOT NULL,
	`status` text NOT NULL,
	`league_key` text NOT NULL,
	`start_date` text NOT NULL,
	`end_date` text NOT NULL,
	`concurrency` integer NOT NULL,
	`metadata` text NOT NULL,
	`idempotency_key` text,
	`input_digest` text NOT NULL,
	`pending_action` text,
	`lease_owner` text,
	`lease_until` integer,
	`fence` integer DEFAULT 0 NOT NULL,
	`resume_at` integer,
	`moves` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`claimed_at` integer,
	`dates_total` integer NOT NULL,
	`dates_done` integer DEFAULT 0 NOT NULL,
	`dates_failed` integer DEFAULT 0 NOT NULL,
	`items_total` integer DEFAULT 0 NOT NULL,
	`items_processed` integer DEFAULT 0 NOT NULL,
	`records_processed` integer DEFAULT 0 NOT NULL,
	`records_inserted` integer DEFAULT 0 NOT NULL,
	`records_updated` integer DEFAULT 0 NOT NULL,
	`records_unchanged` integer DEFAULT 0 NOT NULL,
	`records_removed` integer DEFAULT 0 NOT NULL,
	`requests` integer DEFAULT 0 NOT NULL,
	`retries` integer DEFAULT 0 NOT NULL,
	`error_code` text,
	`error_message` text,
	`error_stack` text,
	CONSTRAINT "job_log_kind" CHECK("job_log"."kind" in ('COLLECTION', 'BACKFILL', 'UPDATE', 'VERIFY')),
	CONSTRAINT "job_log_environment" CHECK("job_log"."environment" in ('PRODUCTION', 'TEST')),
	CONSTRAINT "job_log_status" CHECK("job_log"."status" in ('QUEUED', 'RUNNING', 'WAITING', 'PAUSED', 'COMPLETED', 'FAILED', 'CANCELLED')),
	CONSTRAINT "job_log_dates" CHECK("job_log"."start_date" glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' and "job_log"."end_date" glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' and "job_log"."start_date" <= "job_log"."end_date"),
	CONSTRAINT "job_log_concurrency" CHECK("job_log"."concurrency" between 1 and 4),
	CONSTRAINT "job_log_metadata" CHECK(json_valid("job_log"."metadata")),
	CONSTRAINT "job_log_pending" CHECK("job_log"."pending_action" is null or ("job_log"."status" = 'RUNNING' and "job_log"."pending_action" in ('PAUSE', 'CANCEL'))),
	CONSTRAINT "job_log_lease" CHECK(("job_log"."lease_owner" is null) = ("job_log"."lease_until" is null) and ("job_log"."lease_owner" is null or "job_log"."status" = 'RUNNING')),
	CONSTRAINT "job_log_waiting" CHECK(("job_log"."resume_at" is not null) = ("job_log"."status" = 'WAITING')),
	CONSTRAINT "job_log_finished" CHECK(("job_log"."finished_at" is not null) = ("job_log"."status" in ('COMPLETED', 'FAILED', 'CANCELLED'))),
	CONSTRAINT "job_log_failed" CHECK("job_log"."status" <> 'FAILED' or "job_log"."error_code" is not null),
	CONSTRAINT "job_log_completed" CHECK("job_log"."status" <> 'COMPLETED' or ("job_log"."dates_done" = "job_log"."dates_total" and "job_log"."dates_failed" = 0 and "job_log"."error_code" is null)),
	CONSTRAINT "job_log_progress" CHECK("job_log"."dates_done" >= 0 and "job_log"."dates_failed" >= 0 and "job_log"."dates_done" + "job_log"."dates_failed" <= "job_log"."dates_total"),
	CONSTRAINT "job_log_records" CHECK("job_log"."records_processed" = "job_log"."records_inserted" + "job_log"."records_updated" + "job_log"."records_unchanged")
);
--> statement-breakpoint
INSERT INTO `job_log` (`id`, `kind`, `environment`, `status`, `league_key`, `start_date`, `end_date`, `concurrency`, `metadata`, `idempotency_key`, `input_digest`, `pending_action`, `lease_owner`, `lease_until`, `fence`, `resume_at`, `moves`, `created_at`, `started_at`, `finished_at`, `claimed_at`, `dates_total`, `dates_done`, `dates_failed`, `items_total`, `items_processed`, `records_processed`, `records_inserted`, `records_updated`, `records_unchanged`, `requests`, `retries`, `error_code`, `error_message`, `error_stack`)
SELECT `id`, `kind`, `environment`, `status`, `league_key`, `start_date`, `end_date`, `concurrency`, `metadata`, `idempotency_key`, `input_digest`, `pending_action`, `lease_owner`, `lease_until`, `fence`, `resume_at`, `moves`, `created_at`, `started_at`, `finished_at`, `claimed_at`, `dates_total`, `dates_done`, `dates_failed`, `items_total`, `items_processed`, `records_processed`, `records_inserted`, `records_updated`, `records_unchanged`, `requests`, `retries`, `error_code`, `error_message`, `error_stack`
FROM `job_log_before`;
--> statement-breakpoint
DROP TABLE `job_log_before`;
--> statement-breakpoint
DROP INDEX `moving_daily_lineups`;
--> statement-breakpoint
DROP INDEX `moving_team_days`;
--> statement-breakpoint
DROP INDEX `moving_league_dates`;
--> statement-breakpoint
DROP INDEX `moving_lineup_changes`;
--> statement-breakpoint
DROP INDEX `moving_previous_jobs`;
--> statement-breakpoint
DROP INDEX `moving_schedule_decisions`;
--> statement-breakpoint
CREATE TRIGGER `job_log_fence` BEFORE UPDATE ON `job_log`
WHEN NEW.`fence` < OLD.`fence`
BEGIN
	SELECT RAISE(ABORT, 'ledger: a newer claim holds this job');
END;
--> statement-breakpoint
CREATE TRIGGER `job_log_kept` BEFORE DELETE ON `job_log`
BEGIN
	SELECT RAISE(ABORT, 'ledger: jobs are kept for ever');
END;
--> statement-breakpoint
CREATE UNIQUE INDEX `job_log_idempotency` ON `job_log` (`environment`,`idempotency_key`) WHERE "job_log"."idempotency_key" is not null and "job_log"."status" not in ('FAILED', 'CANCELLED');
--> statement-breakpoint
CREATE INDEX `job_log_newest` ON `job_log` (`environment`,`created_at`,`id`);
--> statement-breakpoint
CREATE INDEX `job_log_by_league` ON `job_log` (`environment`,`league_key`,`created_at`,`id`);
--> statement-breakpoint
CREATE INDEX `job_log_by_kind` ON `job_log` (`environment`,`kind`,`status`,`created_at`,`id`);
--> statement-breakpoint
CREATE INDEX `job_log_by_league_kind` ON `job_log` (`environment`,`league_key`,`kind`,`status`,`created_at`,`id`);
--> statement-breakpoint
CREATE INDEX `job_log_totals` ON `job_log` (`environment`,`league_key`,`created_at`,`status`,`started_at`,`finished_at`,`records_processed`,`records_inserted`,`requests`,`retries`,`kind`);
--> statement-breakpoint
CREATE INDEX `job_log_unfinished` ON `job_log` (`status`,`claimed_at`) WHERE "job_log"."finished_at" is null;
--> statement-breakpoint
ALTER TABLE `job_dates` ADD `records_removed` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
ALTER TABLE `job_dates` ADD `doubt` text;
--> statement-breakpoint
ALTER TABLE `job_dates` ADD `tried_again` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
CREATE INDEX `job_dates_doubted` ON `job_dates` (`job_id`) WHERE "job_dates"."doubt" is not null;
--> statement-breakpoint
ALTER TABLE `teams` ADD `left_at` integer;
--> statement-breakpoint
ALTER TABLE `league_dates` ADD `doubts` text DEFAULT '[]' NOT NULL;
--> statement-breakpoint
ALTER TABLE `league_dates` ADD `due_at` integer;
--> statement-breakpoint
ALTER TABLE `league_dates` ADD `lineups` integer;
--> statement-breakpoint
CREATE INDEX `league_dates_due` ON `league_dates` (`environment`,`league_key`,`due_at`) WHERE "league_dates"."due_at" is not null;
--> statement-breakpoint
ALTER TABLE `schedules` ADD `kind` text DEFAULT 'UPDATE' NOT NULL;
--> statement-breakpoint
ALTER TABLE `schedules` ADD `mend` integer DEFAULT false NOT NULL;
