/** The SHA-256 of a text, 32 bytes. */
export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** The same in hex digits, or its first bytes where fewer tell things apart well enough. */
export async function sha256Hex(text: string, bytes = 32): Promise<string> {
  const hash = await sha256(text);
  return Array.from(hash.subarray(0, bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** In the alphabet of addresses, without padding. */
export const base64Url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** A new id: what it is of, and twelve random hex digits. */
export const newId = (prefix: string): string => `${prefix}_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
