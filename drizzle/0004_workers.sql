CREATE TABLE `source_budgets` (
	`credential` text PRIMARY KEY NOT NULL,
	`next_at` integer NOT NULL,
	`blocked_until` integer NOT NULL,
	`probe_id` text,
	`probe_until` integer
);
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
CREATE TABLE `workers` (
	`id` text PRIMARY KEY NOT NULL,
	`runtime` text NOT NULL,
	`serves` integer NOT NULL,
	`works` integer NOT NULL,
	`job_id` text,
	`since` integer NOT NULL,
	`heard_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`job_id`) REFERENCES `job_log`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "workers_runtime" CHECK("workers"."runtime" in ('NODE', 'DENO', 'CLOUDFLARE')),
	CONSTRAINT "workers_flags" CHECK("workers"."serves" in (0, 1) and "workers"."works" in (0, 1))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workers_run` ON `workers` (`job_id`) WHERE "workers"."job_id" is not null and "workers"."ended_at" is null;--> statement-breakpoint
CREATE INDEX `workers_by_job` ON `workers` (`job_id`);
--> statement-breakpoint
ALTER TABLE `job_log` ADD `moves` integer DEFAULT 0 NOT NULL;
