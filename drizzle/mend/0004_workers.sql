DROP TABLE `source_requests`;
--> statement-breakpoint
CREATE TABLE `source_requests` (
	`credential` text NOT NULL,
	`id` text NOT NULL,
	`asked_at` integer NOT NULL,
	`until` integer NOT NULL,
	`start_at` integer,
	PRIMARY KEY(`credential`, `id`),
	FOREIGN KEY (`credential`) REFERENCES `source_budgets`(`credential`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `source_budgets` ADD `probe_id` text;
--> statement-breakpoint
UPDATE `source_budgets` SET `probe_until` = null;
--> statement-breakpoint
ALTER TABLE `job_log` ADD `moves` integer DEFAULT 0 NOT NULL;
