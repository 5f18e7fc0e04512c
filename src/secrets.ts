/** What must never be written anywhere, and what takes it out of a text. */
export type Secrets = {
  /** From now on this is secret as well. */
  add(secret: string | undefined | null): void;
  /** The text without any secret, nor anything that is written as one is. */
  redact(text: string): string;
};

const GONE = "[redacted]";
/** What is shorter occurs in ordinary words: it goes only where it stands by itself. */
const SHORT = 8;
const TOO_SHORT = 4;

export function createSecrets(secrets: readonly (string | undefined | null)[] = []): Secrets {
  /** Each secret in the forms in which others may repeat it. */
  const forms = new Set<string>();
  const add = (secret: string | undefined | null) => {
    if (!secret || secret.length < TOO_SHORT) return;
    for (const form of [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]) forms.add(form);
  };
  for (const secret of secrets) add(secret);
  return {
    add,
    redact(text) {
      let safe = text;
      for (const form of forms)
        safe = form.length < SHORT ? safe.replace(standingAlone(form), GONE) : safe.replaceAll(form, GONE);
      return redactTokens(safe);
    },
  };
}

const standingAlone = (text: string): RegExp =>
  new RegExp(`(?<![\\w-])${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "g");

/** What looks like a credential goes too, whoever put it there: authorization headers, cookies and the fields of a token answer. */
function redactTokens(text: string): string {
  return text
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/g, `$1 ${GONE}`)
    .replace(
      /\b(access_token|refresh_token|id_token|client_secret|auth_?token|espn_s2|SWID)(\\?"?\s*[=:]\s*\\?"?)[\w.~+/=%{}-]+/gi,
      `$1$2${GONE}`,
    )
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
