CREATE TABLE `source_usage` (
	`credential` text NOT NULL,
	`minute` integer NOT NULL,
	`requests` integer NOT NULL,
	PRIMARY KEY(`credential`, `minute`)
);
--> statement-breakpoint
CREATE TABLE `source_credentials` (
	`id` text PRIMARY KEY NOT NULL,
	`sealed` text NOT NULL,
	`version` integer NOT NULL,
	`connected_at` integer,
	`refreshed_at` integer,
	`refused_digest` text,
	`refusal` text,
	`refused_at` integer,
	`seeds` text DEFAULT '[]' NOT NULL,
	`outages` integer DEFAULT 0 NOT NULL,
	`outage_until` integer,
	`lease_owner` text,
	`lease_until` integer
);
--> statement-breakpoint
CREATE TABLE `source_logins` (
	`state_digest` text PRIMARY KEY NOT NULL,
	`credential` text NOT NULL,
	`sealed` text NOT NULL,
	`begun_at` integer NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `source_probes` (
	`source` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`checks` text NOT NULL,
	CONSTRAINT "source_probes_source" CHECK("source_probes"."source" in ('YAHOO', 'ESPN', 'DEMO')),
	CONSTRAINT "source_probes_checks" CHECK(json_valid("source_probes"."checks"))
);
--> statement-breakpoint
ALTER TABLE `leagues` ADD `removed_at` integer;