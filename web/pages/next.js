/** The page of this origin that `next` names, or null: no one may send a user elsewhere from here. */
export function ownPage(next, origin) {
  // A second slash or a backslash would begin a host name.
  if (!/^\/(?![/\\])/.test(next ?? "")) return null;
  try {
    const url = new URL(next, origin);
    return url.origin === origin ? url : null;
  } catch {
    return null;
  }
}
