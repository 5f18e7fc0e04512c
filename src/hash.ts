/** Returns the SHA-256 of a text, 32 bytes. */
export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** Node's own hash function, if the runtime has it. WebCrypto would go to another thread for each text. */
const digestAtOnce = globalThis.process?.getBuiltinModule?.("node:crypto")?.hash;

/** Returns the SHA-256 of a text in hex digits: the whole hash, or only the first `bytes` bytes if a short hash is unique enough. */
export async function sha256Hex(text: string, bytes = 32): Promise<string> {
  if (digestAtOnce) return digestAtOnce("sha256", text, "hex").slice(0, 2 * bytes);
  const hash = await sha256(text);
  return Array.from(hash.subarray(0, bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** Returns base64 in the URL-safe alphabet, without padding. */
export const base64Url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** Returns a new id: the prefix and twelve random hex digits. */
export const newId = (prefix: string): string => `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
