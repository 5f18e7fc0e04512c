export type Environment = "PRODUCTION" | "TEST";

/** What the viewer's token may do. */
export type Role = "VIEWER" | "OPERATOR" | "ADMIN";

/** The environment and the viewer's rights. Views of jobs need no league, because a job may exist before its league is known. */
export type Setting = {
  environment: Environment;
  isOperator: boolean;
  isAdmin: boolean;
};

/** What a view of a league needs: the environment, the viewer's rights, and the league with its dates. */
export type Page = Setting & {
  league: string;
  firstDate: string;
  /** The last date that may have lineups: today, or the season's end. Before the season begins, `lastDate` is earlier than `firstDate`. */
  lastDate: string;
  seasonEnd: string;
};

/** The key of the demo league, which every ledger knows from its first start. */
export const DEMO = "demo.l.1";
