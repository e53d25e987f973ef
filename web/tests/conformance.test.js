/** GraphQL over HTTP: the audits of the graphql-http package, one test each. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serverAudits } from "graphql-http";
import { base, skip } from "./platform.js";

const audits = serverAudits({ url: `${base}/graphql` });

test("there are 61 audits", { skip }, () => assert.equal(audits.length, 61));

for (const audit of audits) {
  test(`${audit.id} ${audit.name}`, { skip }, async () => {
    const result = await audit.fn();
    assert.equal(result.status, "ok", result.reason);
  });
}
