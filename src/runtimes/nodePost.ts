import { lookup } from "node:dns";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { addressFault, isPublicAddress } from "../notifications/address.ts";
import type { Post } from "../notifications/post.ts";

/**
 * Returns a {@link Post} that connects only to the address that it has checked. A host name that resolves to a private address is always
 * refused, even if an earlier look-up returned a public address. Follows no redirect.
 * @param resolve Stands in for the resolver in tests.
 */
export function nodePost(allowsPrivate: boolean, resolve: typeof lookup = lookup): Post {
  const checked: LookupFunction = (hostname, options, done) =>
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const addresses = found as unknown as { address: string; family: number }[];
      if (error) return done(error, "", 0);
      const refused = addresses.find(({ address }) => !allowsPrivate && !isPublicAddress(address));
      const [first] = addresses;
      if (refused || !first)
        return done(
          new Error(`${hostname} resolves to ${refused?.address ?? "no address"}; allowed: public addresses`),
          "",
          0,
        );
      if ((options as { all?: boolean }).all)
        return (done as (error: null, all: typeof addresses) => void)(null, addresses);
      done(null, first.address, first.family);
    });
  return (url, { headers, body, signal }) =>
    new Promise((resolveStatus, reject) => {
      const fault = addressFault(url, allowsPrivate);
      if (fault !== null) return reject(new Error(fault));
      const send = new URL(url).protocol === "http:" ? httpRequest : httpsRequest;
      const length = String(Buffer.byteLength(body));
      const request = send(
        url,
        { method: "POST", headers: { ...headers, "content-length": length }, lookup: checked, signal },
        (response) => {
          // Only the status matters, so the body is not read.
          response.destroy();
          resolveStatus({ status: response.statusCode ?? 0 });
        },
      );
      request.on("error", reject);
      request.end(body);
    });
}
