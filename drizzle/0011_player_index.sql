DROP INDEX `daily_lineups_by_player`;--> statement-breakpoint
ALTER TABLE `daily_lineups` ADD `ten_dates` text GENERATED ALWAYS AS (substr("date", 1, 9)) VIRTUAL;--> statement-breakpoint
CREATE INDEX `daily_lineups_by_player` ON `daily_lineups` (`league_key`,`ten_dates`,`player_id`);