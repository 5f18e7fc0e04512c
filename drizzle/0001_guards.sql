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
CREATE TRIGGER `team_days_version` BEFORE UPDATE ON `team_days`
WHEN NEW.`version` <> OLD.`version` + 1
BEGIN
	SELECT RAISE(ABORT, 'ledger: this lineup was written by somebody else meanwhile');
END;
--> statement-breakpoint
CREATE TRIGGER `job_events_kept` BEFORE UPDATE ON `job_events`
BEGIN
	SELECT RAISE(ABORT, 'ledger: events are never changed');
END;
--> statement-breakpoint
CREATE TRIGGER `lineup_changes_kept` BEFORE UPDATE ON `lineup_changes`
BEGIN
	SELECT RAISE(ABORT, 'ledger: changes are never rewritten');
END;
--> statement-breakpoint
CREATE TRIGGER `lineup_changes_never_deleted` BEFORE DELETE ON `lineup_changes`
BEGIN
	SELECT RAISE(ABORT, 'ledger: changes are kept for ever');
END;
