/** The SHA-256 of a text, 32 bytes. */
export async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** The same in hex digits, or its first bytes where fewer tell things apart well enough. */
export async function sha256Hex(text: string, bytes = 32): Promise<string> {
  const hash = await sha256(text);
  return Array.from(hash.subarray(0, bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
