import type { Config } from "./config/config.ts";
/** Secrets that must never be written anywhere, and functions that remove the secrets from a text. */
export type Secrets = {
  /** Adds a secret that a source has handed out. Only the newest secrets from sources are remembered. */
  add(secret: string | undefined | null): void;
  /** Adds a secret that is always remembered. */
  keep(secret: string | undefined | null): void;
  /** Removes every secret, and everything that looks like a secret, from the text. */
  redact(text: string): string;
};

const GONE = "[redacted]";
/**
 * Minimum length of a secret that is removed everywhere. A short secret may be part of an ordinary word, so it is removed only where it
 * stands alone.
 */
const SHORT = 8;
const TOO_SHORT = 4;
/** Maximum number of remembered secrets from sources. */
const KEPT = 20;

export function createSecrets(secrets: readonly (string | undefined | null)[] = []): Secrets {
  const configured = secrets.filter((secret) => secret !== undefined && secret !== null);
  const added: string[] = [];
  let forms: readonly string[] = [];
  const prepare = () => {
    // Sort the longest secrets first. If a short secret were removed first, the rest of a longer secret that begins with the same
    // characters would remain.
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
      // Forget the oldest secret: by now, newer tokens have replaced it.
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

/** Returns the forms in which a text may repeat a secret. */
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
    // A secret may be configured in its encoded form. Cookies are often configured in encoded form.
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

/** Removes everything that looks like a credential: authorization headers, cookies and the fields of a token response. */
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

/** Removes secrets from the message and stack of an error and of all its causes. */
export function redactError(error: unknown, { redact }: Pick<Secrets, "redact">): void {
  const seen = new Set<unknown>();
  const visit = (each: unknown): void => {
    if (!(each instanceof Error) || seen.has(each)) return;
    seen.add(each);
    // Use defineProperty, because a DOMException's properties cannot be assigned.
    // Read the stack before the message is replaced, because the stack is made from the message.
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

/** Returns the configured secrets; tokens that sources hand out are added later. */
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
