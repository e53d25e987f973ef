/** What must not happen in a page. */
import { base } from "./platform.js";

/**
 * Notes errors and warnings on the console, violations of the policy, dialogs, and requests to other origins. Call it before
 * the page goes anywhere.
 */
export async function watch(page) {
  const seen = { complaints: [], violations: [], dialogs: [], foreign: [] };
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("console", (message) => {
    const text = message.text();
    if (text.startsWith("policy: ")) seen.violations.push(text);
    else if (["error", "warning"].includes(message.type())) seen.complaints.push(text);
  });
  page.on("dialog", (dialog) => {
    seen.dialogs.push(`${page.url()}: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(`${base}/`)) seen.foreign.push(request.url());
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
    });
  });
  return seen;
}

/** What `watch` gives for a page in which nothing of it happened. */
export const NOTHING = { complaints: [], violations: [], dialogs: [], foreign: [] };
