/** The SHA-256 of a text in hex digits, or its first bytes where fewer tell things apart well enough. */
export async function digest(text: string, bytes = 32): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(hash.subarray(0, bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
