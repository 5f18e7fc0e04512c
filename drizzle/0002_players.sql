CREATE TABLE `player_suffixes` (
	`environment` text NOT NULL,
	`league_key` text NOT NULL,
	`suffix` text NOT NULL,
	`player_id` text NOT NULL,
	`is_word` integer NOT NULL,
	PRIMARY KEY(`environment`, `league_key`, `suffix`, `player_id`),
	CONSTRAINT "player_suffixes_word" CHECK("player_suffixes"."is_word" in (0, 1))
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `players` (
	`environment` text NOT NULL,
	`league_key` text NOT NULL,
	`player_id` text NOT NULL,
	`name` text NOT NULL,
	PRIMARY KEY(`environment`, `league_key`, `player_id`),
	CONSTRAINT "players_environment" CHECK("players"."environment" in ('PRODUCTION', 'TEST'))
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `daily_lineups_by_player` ON `daily_lineups` (`environment`,`league_key`,`player_id`,`date`);
