/** The platform's mailbox folder, by CURTAIL_MAILBOX: the mails that it sent, as files. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { skip, until } from "./platform.js";

const folder = process.env.CURTAIL_MAILBOX;
export const skipMails = skip || (folder ? false : "CURTAIL_MAILBOX is not set: name the platform's mailbox folder");

/** All mails to an address, oldest first: `kind`, `subject`, `text` and `html`. */
export async function mailsTo(address) {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".eml")).sort();
  const mails = [];
  for (const name of names) {
    const mail = await PostalMime.parse(await readFile(join(folder, name)));
    const [, kind] = name.match(/^[^-]+-([a-z-]+)-[^-]*\.eml$/) ?? [];
    if (mail.to?.some((to) => to.address === address)) mails.push({ ...mail, kind });
  }
  return mails;
}

/** The newest mail of a kind to an address, when it has come. */
export function mailTo(address, kind) {
  const newest = async () => (await mailsTo(address)).findLast((mail) => mail.kind === kind);
  return until(newest, `a mail ${kind} to ${address}`);
}

/** The address in a mail that leads to a page of ours and carries a token. */
export function linkIn(mail) {
  return mail.text.match(/https?:\S+\?token=\S+/)[0];
}
