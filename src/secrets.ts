import type { Config } from "./config/config.ts";
/** What must never be written anywhere, and what takes it out of a text. */
export type Secrets = {
  /** From now on this is secret as well; of such as sources hand out those of the last refreshes. */
  add(secret: string | undefined | null): void;
  /** The same, for ever. */
  keep(secret: string | undefined | null): void;
  /** The text without any secret, nor anything that is written as one is. */
  redact(text: string): string;
};

const GONE = "[redacted]";
/** What is shorter occurs in ordinary words: it goes only where it stands by itself. */
const SHORT = 8;
const TOO_SHORT = 4;
/** Tokens that sources hand out are known up to so many. */
const KEPT = 20;

export function createSecrets(secrets: readonly (string | undefined | null)[] = []): Secrets {
  const configured = secrets.filter((secret) => secret !== undefined && secret !== null);
  const added: string[] = [];
  let forms: readonly string[] = [];
  const prepare = () => {
    // The longest first: of one that begins with another the rest would stay.
    forms = [...new Set([...configured, ...added].flatMap(formsOf))].sort((a, b) => b.length - a.length);
  };
  prepare();
  return {
    add(secret) {
      if (!secret || configured.includes(secret) || added.at(-1) === secret) return;
      const at = added.indexOf(secret);
      if (at >= 0) added.splice(at, 1);
      added.push(secret);
      if (at >= 0) return;
      // Tokens of long ago are good for nothing.
      if (added.length > KEPT) added.shift();
      prepare();
    },
    keep(secret) {
      if (!secret || configured.includes(secret)) return;
      configured.push(secret);
      prepare();
    },
    redact(text) {
      let safe = text;
      for (const form of forms)
        safe = form.length < SHORT ? safe.replace(standingAlone(form), GONE) : safe.replaceAll(form, GONE);
      return redactTokens(safe);
    },
  };
}

/** A secret in the forms in which others may repeat it. */
function formsOf(secret: string): string[] {
  if (secret.length < TOO_SHORT) return [];
  const encoded = encodeURIComponent(secret);
  const quoted = JSON.stringify(secret).slice(1, -1);
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(secret))).replace(/=+$/, "");
  const lowerCased = encoded.replace(/%../g, (byte) => byte.toLowerCase());
  return [
    secret,
    encoded,
    lowerCased,
    quoted,
    quoted.replaceAll("/", "\\/"),
    // One that is configured as it is sent, a cookie as a rule.
    decoded(secret),
    ...(secret.length < SHORT ? [] : [base64]),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const standingAlone = (text: string): RegExp =>
  new RegExp(`(?<![\\w-])${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "g");

/** What looks like a credential goes too, whoever put it there: authorization headers, cookies and the fields of a token answer. */
function redactTokens(text: string): string {
  return text
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${GONE}`)
    .replace(
      /\b(access_token|refresh_token|id_token|client_secret|auth_?token|espn_s2|SWID)(\\?"?\s*[=:]\s*\\?"?)[\w.~+/=%{}-]+/gi,
      `$1$2${GONE}`,
    )
    .replace(/\blineups_[\w-]{43}/g, GONE)
    .replace(/([?&]code=)[\w.~+/=%-]+/g, `$1${GONE}`);
}

/** Takes what is secret out of an error's words and stack, and out of those of all that caused it. */
export function redactError(error: unknown, { redact }: Pick<Secrets, "redact">): void {
  const seen = new Set<unknown>();
  const visit = (each: unknown): void => {
    if (!(each instanceof Error) || seen.has(each)) return;
    seen.add(each);
    // Defined, not assigned: those of a DOMException cannot be. The stack is read first, as it is made from the message.
    for (const name of ["stack", "message"] as const) {
      const said = each[name];
      const safe = said === undefined ? undefined : redact(said);
      if (safe !== said) Object.defineProperty(each, name, { value: safe, configurable: true, writable: true });
    }
    visit(each.cause);
    if (each instanceof AggregateError) each.errors.forEach(visit);
  };
  visit(error);
}

/** Every configured value that must never be written anywhere; tokens that sources hand out are added. */
export function secretsOf({ database, yahoo, espn, apiTokens, encryptionKeys }: Config): Secrets {
  const { clientId, clientSecret } = yahoo.app ?? {};
  return createSecrets([
    database.authToken,
    clientSecret,
    clientSecret && btoa(`${clientId}:${clientSecret}`),
    yahoo.refreshToken,
    espn.s2,
    espn.swid,
    espn.swid?.replace(/[{}]/g, ""),
    ...encryptionKeys,
    ...apiTokens.map(({ token }) => token),
  ]);
}
