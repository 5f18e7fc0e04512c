export type Environment = "PRODUCTION" | "TEST";

/** What the viewer's token may do. */
export type Role = "VIEWER" | "OPERATOR" | "ADMIN";

/** The league, the environment and the viewer's rights, for all views. */
export type Page = {
  league: string;
  environment: Environment;
  isOperator: boolean;
  isAdmin: boolean;
  firstDate: string;
  /** The last date that may have lineups: today, or the season's end. Before the season it is earlier than `firstDate`. */
  lastDate: string;
  seasonEnd: string;
};

/** The key of the demo league, which every ledger knows from its first start. */
export const DEMO = "demo.l.1";
