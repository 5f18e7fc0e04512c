import { base64, sha256Hex } from "../../hash.ts";

/** Encrypts secrets that are kept in the database. */
export type Sealer = {
  /**
   * Encrypts a text.
   * @param place Where the text is stored, such as `source_credentials|yahoo abc`. `open` needs the same `place` to decrypt the text.
   */
  seal(text: string, place: string): Promise<string>;
  /** Decrypts a text. Returns null if the text was sealed with an unknown key, was damaged, or was moved to another place. */
  open(sealed: string, place: string): Promise<string | null>;
};

const IV_BYTES = 12;
const VERSION = "v1";

/**
 * Uses AES-GCM with 256 bits (NIST SP 800-38D). Each text has a random IV, and the text's place is the associated data. A sealed text
 * contains eight digits of its key's hash, which show which key opens the text. Texts are sealed with the first key, and can be opened with
 * any of the keys.
 * @param keys At least one key of 32 bytes in base64.
 */
export function createSealer(keys: readonly string[]): Sealer {
  const imported = async (text: string) => {
    const bytes = bytesOf(text);
    const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    return { id: await sha256Hex(textOf(bytes), 4), key };
  };
  let all: Promise<{ id: string; key: CryptoKey }[]> | undefined;
  const known = () => {
    all ??= Promise.all(keys.map(imported));
    return all;
  };
  return {
    async seal(text, place) {
      const [first] = await known();
      if (!first) throw new Error("There is no key to encrypt with");
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const algorithm = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(place) };
      const encrypted = await crypto.subtle.encrypt(algorithm, first.key, new TextEncoder().encode(text));
      return [VERSION, first.id, textOf(iv), textOf(new Uint8Array(encrypted))].join(".");
    },
    async open(sealed, place) {
      const [version, id, iv, encrypted] = sealed.split(".");
      if (version !== VERSION || !iv || !encrypted) return null;
      for (const each of await known()) {
        if (each.id !== id) continue;
        try {
          const algorithm = { name: "AES-GCM", iv: bytesOf(iv), additionalData: new TextEncoder().encode(place) };
          return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, each.key, bytesOf(encrypted)));
        } catch {
          return null;
        }
      }
      return null;
    },
  };
}

/** Whether a text is a key: 32 bytes in base64. */
export const isKey = (text: string): boolean => /^[A-Za-z0-9+/_-]{43}=?$/.test(text);

/** Returns a new key for ENCRYPTION_KEY. */
export const newKey = (): string => textOf(crypto.getRandomValues(new Uint8Array(32)));

/** Decodes base64 or base64url. */
const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

/** Encodes as base64url, with padding, because stored keys and sealed texts have padding. */
const textOf = (bytes: Uint8Array): string => base64(bytes).replaceAll("+", "-").replaceAll("/", "_");
