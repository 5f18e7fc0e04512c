/** Checks the condition every few milliseconds until it holds. Throws after forty seconds, with `what` in the message. */
export async function until<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const giveUp = Date.now() + 40_000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > giveUp) throw new Error(`Timed out after 40 s: waiting for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
