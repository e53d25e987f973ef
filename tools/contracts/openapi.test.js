/** Each change that breaks clients of a REST API, and those that do not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brokenApi } from "./openapi.js";

const link = {
  type: "object",
  required: ["id", "url"],
  properties: {
    id: { type: "string" },
    url: { type: "string" },
    title: { type: ["string", "null"] },
    parent: { oneOf: [{ type: "null" }, { $ref: "#/components/schemas/Link" }] },
    tags: { type: "array", items: { $ref: "#/components/schemas/Tag" } },
  },
};
const api = {
  openapi: "3.1.0",
  components: {
    schemas: {
      Link: link,
      Tag: { type: "object", required: ["name"], properties: { name: { type: "string" } } },
      CreateLink: {
        type: "object",
        required: ["url"],
        properties: { url: { type: "string" }, kind: { type: "string", enum: ["a", "b"] } },
      },
    },
  },
  paths: {
    "/v1/links": {
      get: {
        parameters: [{ name: "first", in: "query", schema: { type: "integer" } }],
        responses: {
          200: {
            content: {
              "application/json": { schema: { type: "array", items: { $ref: "#/components/schemas/Link" } } },
            },
          },
        },
      },
      post: {
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/CreateLink" } } },
        },
        responses: {
          201: { content: { "application/json": { schema: { $ref: "#/components/schemas/Link" } } } },
          422: {},
        },
      },
    },
  },
};

/** What is broken after `change` of a copy. */
function after(change) {
  const now = structuredClone(api);
  change(now, now.components.schemas, now.paths["/v1/links"]);
  return brokenApi(api, now).join(" ");
}

test("what only grows breaks nothing", () => {
  assert.equal(
    after((now, schemas, links) => {
      schemas.Link.properties.more = { type: "string" };
      schemas.Link.required.push("title");
      schemas.CreateLink.properties.title = { type: "string" };
      schemas.CreateLink.properties.url.type = ["string", "null"];
      schemas.CreateLink.required = [];
      schemas.CreateLink.properties.kind.enum.push("c");
      links.get.parameters.push({ name: "after", in: "query", schema: { type: "string" } });
      links.get.responses[206] = {};
      delete links.post.responses[422];
      now.paths["/v1/more"] = { get: { responses: {} } };
    }),
    "",
  );
});

for (const [what, change, expected] of [
  [
    "a path is removed",
    (now) => delete now.paths["/v1/links"],
    /GET \/v1\/links was removed.*POST \/v1\/links was removed/,
  ],
  ["an operation is removed", (_, __, links) => delete links.post, /POST \/v1\/links was removed/],
  ["a parameter is removed", (_, __, links) => links.get.parameters.pop(), /query parameter first was removed/],
  [
    "a parameter is required",
    (_, __, links) => links.get.parameters.push({ name: "q", in: "query", required: true }),
    /query parameter q is required now/,
  ],
  [
    "a property of a request is removed",
    (_, schemas) => delete schemas.CreateLink.properties.kind,
    /the body: kind was removed/,
  ],
  [
    "a property of a request is required",
    (_, schemas) => schemas.CreateLink.required.push("kind"),
    /the body: kind is required now/,
  ],
  ["a value is refused", (_, schemas) => schemas.CreateLink.properties.kind.enum.pop(), /kind cannot be "b" any more/],
  [
    "a property of an answer is removed",
    (_, schemas) => delete schemas.Link.properties.title,
    /each item: title was removed/,
  ],
  [
    "it is removed deep inside",
    (_, schemas) => delete schemas.Tag.properties.name,
    /tags: each item: name was removed/,
  ],
  [
    "a property of an answer becomes optional",
    (_, schemas) => schemas.Link.required.pop(),
    /the answer 201: url may be left out now/,
  ],
  [
    "a property of an answer may be null",
    (_, schemas) => {
      schemas.Link.properties.id.type = ["string", "null"];
    },
    /id was string and is string\|null/,
  ],
  [
    "a type changes",
    (_, schemas) => {
      schemas.Link.properties.id.type = "integer";
    },
    /id was string and is integer/,
  ],
  [
    "a status of success changes",
    (_, __, links) => {
      links.post.responses = { 200: links.post.responses[201] };
    },
    /does not answer 201 any more/,
  ],
]) {
  test(`${what}: refused`, () => assert.match(after(change), expected));
}
