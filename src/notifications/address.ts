import ipaddr from "ipaddr.js";

/** Names that no public resolver knows, or that stand for this machine. */
const LOCAL = /(^|\.)(localhost|local|internal|lan|home|home\.arpa|corp|intranet)\.?$/i;

/** Whether anybody on the internet can be reached at an address: not this machine, its network, or what a cloud keeps for itself. */
export function isPublicAddress(address: string): boolean {
  try {
    return ipaddr.process(address).range() === "unicast";
  } catch {
    return false;
  }
}

/**
 * Why a webhook may not have an address; null when it may.
 * @param allowsPrivate WEBHOOKS_PRIVATE: its receivers are in the server's own network.
 */
export function addressFault(text: string, allowsPrivate: boolean): string | null {
  if (!URL.canParse(text)) return "it is no address";
  const { protocol, hostname, username, password } = new URL(text);
  if (protocol !== "https:" && !(allowsPrivate && protocol === "http:"))
    return `its scheme is ${protocol.replace(":", "")}; allowed: https`;
  if (username || password) return "it has a user or a password in it";
  if (allowsPrivate) return null;
  const bare = hostname.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(bare) && !isPublicAddress(bare)) return `${bare} is an address of a private network`;
  return LOCAL.test(hostname) || (!hostname.includes(".") && !bare.includes(":"))
    ? `${hostname} is a name of a private network`
    : null;
}
