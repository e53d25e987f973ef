/** The platform under test, by CURTAIL_URL (the gateway's base address); `available` says why a suite is skipped. */
export const base = process.env.CURTAIL_URL?.replace(/\/$/, "");
export const skip = base ? false : "CURTAIL_URL is not set: start the platform and name its gateway";
export const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Options for a headless browser without network beside loopback; root can not use Chromium's sandbox. */
export const browserOptions = {
  executablePath: chromium,
  args: [
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
  ],
};
