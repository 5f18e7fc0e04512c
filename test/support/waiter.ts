/** Waits until the condition holds, looking every few milliseconds; throws after forty seconds with what was waited for. */
export async function until<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const giveUp = Date.now() + 40_000;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > giveUp) throw new Error(`Waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}
