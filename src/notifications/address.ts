import ipaddr from "ipaddr.js";

/** Host names that no public resolver knows, or that mean this machine. */
const LOCAL = /(^|\.)(localhost|local|internal|lan|home|home\.arpa|corp|intranet)\.?$/i;

/**
 * Whether an address is on the public internet: not on this machine, not in this machine's network, and not in a range that a cloud
 * reserves for itself.
 */
export function isPublicAddress(address: string): boolean {
  try {
    return ipaddr.process(address).range() === "unicast";
  } catch {
    return false;
  }
}

/**
 * Returns why a webhook may not use an address; null if the address is allowed.
 * @param allowsPrivate Whether receivers may be in the server's own network (WEBHOOKS_PRIVATE).
 */
export function addressFault(text: string, allowsPrivate: boolean): string | null {
  if (!URL.canParse(text)) return "it is not a valid URL";
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== "https:" && !(allowsPrivate && protocol === "http:"))
    return `its scheme is ${protocol.replace(":", "")}; allowed: https`;
  if (username || password) return "it contains a user or a password";
  if (allowsPrivate) return null;
  const bare = hostname.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(bare) && !isPublicAddress(bare)) return `${bare} is in a private network`;
  return LOCAL.test(hostname) || (!hostname.includes(".") && !bare.includes(":"))
    ? `${hostname} is a private network name`
    : null;
}
