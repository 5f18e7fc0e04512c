/** The SHA-256 of a text, 32 bytes. */
export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** Node's own digest, where the runtime has it: it answers at once, where WebCrypto goes to another thread and back for each text. */
const digestAtOnce = globalThis.process?.getBuiltinModule?.("node:crypto")?.hash;

/** The same in hex digits, or its first bytes where fewer tell things apart well enough. */
export async function sha256Hex(text: string, bytes = 32): Promise<string> {
  if (digestAtOnce) return digestAtOnce("sha256", text, "hex").slice(0, 2 * bytes);
  const hash = await sha256(text);
  return Array.from(hash.subarray(0, bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** In the alphabet of addresses, without padding. */
export const base64Url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** A new id: what it is of, and twelve random hex digits. */
export const newId = (prefix: string): string => `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
