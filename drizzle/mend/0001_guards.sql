DROP TRIGGER `team_days_version`;
--> statement-breakpoint
CREATE TRIGGER `team_days_version` BEFORE UPDATE ON `team_days`
WHEN NEW.`version` <> OLD.`version` + 1
BEGIN
	SELECT RAISE(ABORT, 'ledger: this lineup was written by somebody else meanwhile');
END;
