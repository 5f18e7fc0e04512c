CREATE TABLE `checkpoints` (
	`job_id` text PRIMARY KEY NOT NULL,
	`next_date` text,
	`teams_processed` text NOT NULL,
	`timestamp` integer NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "checkpoints_teams" CHECK(json_valid("checkpoints"."teams_processed"))
);
--> statement-breakpoint
CREATE TABLE `daily_lineups` (
	`environment` text NOT NULL,
	`league_key` text NOT NULL,
	`date` text NOT NULL,
	`team_key` text NOT NULL,
	`player_id` text NOT NULL,
	`player_name` text NOT NULL,
	`selected_position` text NOT NULL,
	`position_type` text,
	`eligible_positions` text NOT NULL,
	`player_team` text,
	`player_status` text NOT NULL,
	`observed_at` integer NOT NULL,
	`job_id` text NOT NULL,
	PRIMARY KEY(`environment`, `league_key`, `date`, `team_key`, `player_id`),
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`environment`,`league_key`,`date`,`team_key`) REFERENCES `team_days`(`environment`,`league_key`,`date`,`team_key`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "daily_lineups_named" CHECK("daily_lineups"."player_id" <> '' and "daily_lineups"."selected_position" <> ''),
	CONSTRAINT "daily_lineups_eligible" CHECK(json_valid("daily_lineups"."eligible_positions"))
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `job_dates` (
	`job_id` text NOT NULL,
	`date` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`teams_done` text DEFAULT '[]' NOT NULL,
	`records_processed` integer DEFAULT 0 NOT NULL,
	`records_inserted` integer DEFAULT 0 NOT NULL,
	`records_updated` integer DEFAULT 0 NOT NULL,
	`records_unchanged` integer DEFAULT 0 NOT NULL,
	`started_at` integer,
	`finished_at` integer,
	`error_code` text,
	`error_message` text,
	`error_stack` text,
	PRIMARY KEY(`job_id`, `date`),
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "job_dates_date" CHECK("job_dates"."date" glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
	CONSTRAINT "job_dates_status" CHECK("job_dates"."status" in ('PENDING', 'RUNNING', 'DONE', 'FAILED', 'SKIPPED')),
	CONSTRAINT "job_dates_teams" CHECK(json_valid("job_dates"."teams_done")),
	CONSTRAINT "job_dates_finished" CHECK("job_dates"."status" not in ('DONE', 'FAILED') or "job_dates"."finished_at" is not null),
	CONSTRAINT "job_dates_failed" CHECK("job_dates"."status" <> 'FAILED' or "job_dates"."error_code" is not null),
	CONSTRAINT "job_dates_records" CHECK("job_dates"."records_processed" = "job_dates"."records_inserted" + "job_dates"."records_updated" + "job_dates"."records_unchanged")
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `job_dates_recent` ON `job_dates` (`job_id`,`finished_at`);--> statement-breakpoint
CREATE TABLE `job_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`job_id` text NOT NULL,
	`type` text NOT NULL,
	`at` integer NOT NULL,
	`date` text,
	`message` text NOT NULL,
	`data` text,
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "job_events_type" CHECK("job_events"."type" in ('CREATED', 'STARTED', 'DATE_COMPLETED', 'DATE_FAILED', 'WAITING', 'PAUSE_REQUESTED', 'PAUSED', 'RESUMED', 'CANCEL_REQUESTED', 'CANCELLED', 'COMPLETED', 'FAILED', 'RECOVERED')),
	CONSTRAINT "job_events_data" CHECK("job_events"."data" is null or json_valid("job_events"."data"))
);
--> statement-breakpoint
CREATE INDEX `job_events_by_job` ON `job_events` (`job_id`,`id`);--> statement-breakpoint
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
	`requests` integer DEFAULT 0 NOT NULL,
	`retries` integer DEFAULT 0 NOT NULL,
	`error_code` text,
	`error_message` text,
	`error_stack` text,
	CONSTRAINT "job_log_kind" CHECK("job_log"."kind" in ('COLLECTION', 'BACKFILL', 'UPDATE')),
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
CREATE UNIQUE INDEX `job_log_idempotency` ON `job_log` (`idempotency_key`) WHERE "job_log"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX `job_log_newest` ON `job_log` (`environment`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `job_log_by_league` ON `job_log` (`environment`,`league_key`,`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `job_log_unfinished` ON `job_log` (`status`,`claimed_at`) WHERE "job_log"."finished_at" is null;--> statement-breakpoint
CREATE TABLE `league_aliases` (
	`alias` text PRIMARY KEY NOT NULL,
	`league_key` text NOT NULL,
	`resolved_at` integer NOT NULL,
	FOREIGN KEY (`league_key`) REFERENCES `leagues`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `league_dates` (
	`environment` text NOT NULL,
	`league_key` text NOT NULL,
	`date` text NOT NULL,
	`state` text NOT NULL,
	`final` integer NOT NULL,
	`reason` text,
	`job_id` text,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`environment`, `league_key`, `date`),
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "league_dates_environment" CHECK("league_dates"."environment" in ('PRODUCTION', 'TEST')),
	CONSTRAINT "league_dates_date" CHECK("league_dates"."date" glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
	CONSTRAINT "league_dates_state" CHECK("league_dates"."state" in ('COMPLETE', 'PARTIAL', 'EMPTY', 'FAILED', 'WAIVED')),
	CONSTRAINT "league_dates_final" CHECK("league_dates"."final" in (0, 1)),
	CONSTRAINT "league_dates_reason" CHECK("league_dates"."state" not in ('FAILED', 'WAIVED', 'PARTIAL') or "league_dates"."reason" is not null)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `leagues` (
	`key` text PRIMARY KEY NOT NULL,
	`source` text NOT NULL,
	`sport` text NOT NULL,
	`season` integer NOT NULL,
	`name` text NOT NULL,
	`start_date` text NOT NULL,
	`end_date` text NOT NULL,
	`positions` text NOT NULL,
	`previous_key` text,
	`fetched_at` integer NOT NULL,
	CONSTRAINT "leagues_source" CHECK("leagues"."source" in ('YAHOO', 'ESPN', 'DEMO')),
	CONSTRAINT "leagues_dates" CHECK("leagues"."start_date" glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' and "leagues"."end_date" glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]' and "leagues"."start_date" <= "leagues"."end_date"),
	CONSTRAINT "leagues_season" CHECK("leagues"."season" between 1990 and 2100),
	CONSTRAINT "leagues_positions" CHECK(json_valid("leagues"."positions"))
);
--> statement-breakpoint
CREATE TABLE `lineup_changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`environment` text NOT NULL,
	`league_key` text NOT NULL,
	`date` text NOT NULL,
	`team_key` text NOT NULL,
	`player_id` text NOT NULL,
	`player_name` text NOT NULL,
	`kind` text NOT NULL,
	`from_position` text,
	`to_position` text,
	`previous_job_id` text NOT NULL,
	`job_id` text NOT NULL,
	`detected_at` integer NOT NULL,
	FOREIGN KEY (`previous_job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "lineup_changes_kind" CHECK("lineup_changes"."kind" in ('ADDED', 'REMOVED', 'MOVED')),
	CONSTRAINT "lineup_changes_positions" CHECK(("lineup_changes"."from_position" is null) = ("lineup_changes"."kind" = 'ADDED') and ("lineup_changes"."to_position" is null) = ("lineup_changes"."kind" = 'REMOVED'))
);
--> statement-breakpoint
CREATE INDEX `lineup_changes_newest` ON `lineup_changes` (`environment`,`league_key`,`id`);--> statement-breakpoint
CREATE TABLE `team_days` (
	`environment` text NOT NULL,
	`league_key` text NOT NULL,
	`date` text NOT NULL,
	`team_key` text NOT NULL,
	`job_id` text NOT NULL,
	`lineup_hash` text NOT NULL,
	`observed_hash` text NOT NULL,
	`players` integer NOT NULL,
	`collected_at` integer NOT NULL,
	`final` integer NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	PRIMARY KEY(`environment`, `league_key`, `date`, `team_key`),
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`league_key`,`team_key`) REFERENCES `teams`(`league_key`,`key`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "team_days_environment" CHECK("team_days"."environment" in ('PRODUCTION', 'TEST')),
	CONSTRAINT "team_days_date" CHECK("team_days"."date" glob '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
	CONSTRAINT "team_days_final" CHECK("team_days"."final" in (0, 1)),
	CONSTRAINT "team_days_players" CHECK("team_days"."players" >= 0)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `teams` (
	`key` text PRIMARY KEY NOT NULL,
	`league_key` text NOT NULL,
	`name` text NOT NULL,
	FOREIGN KEY (`league_key`) REFERENCES `leagues`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `teams_by_league` ON `teams` (`league_key`,`key`);