/** What compiles and what must not: `npm run types`. Nothing here is run. */
import { accepted, CurtailError, createClient, graphql, type ResultOf } from "../src/index.js";

const client = createClient({ url: "http://localhost:8080/graphql", apiKey: "ck_live_x" });

const LinkFields = graphql("fragment LinkFields on Link { id shortUrl title }");
const GetLink = graphql("query GetLink($id: ID!) { link(id: $id) { ...LinkFields totals { clicks } } }", [LinkFields]);
const Create = graphql(`
  mutation Create($input: CreateLinkInput!) {
    createLink(input: $input) { link { id shortUrl } userErrors { field code message } }
  }
`);
const Clicks = graphql("subscription Clicks { clicks { nodes { at linkId } skipped } }");
const Viewer = graphql("{ viewer { email } }");

export async function whatIsInferred() {
  const { link } = await client.query(GetLink, { id: "1" });
  const clicks: number = link?.totals.clicks ?? 0;
  const shortUrl: string | undefined = link?.shortUrl;
  const made = accepted((await client.mutate(Create, { input: { url: "https://example.org/" } })).createLink, "link");
  const id: string = made.id;
  for await (const event of client.subscribe(Clicks)) {
    const skipped: number = event.clicks.skipped;
    return { clicks, shortUrl, id, skipped };
  }
  const { viewer } = await client.query(Viewer, {}, { signal: AbortSignal.timeout(1) });
  const result: ResultOf<typeof Viewer> = { viewer };
  return result;
}

export async function whatDoesNotCompile() {
  // @ts-expect-error the variable is required
  await client.query(GetLink);
  // @ts-expect-error an id is a text
  await client.query(GetLink, { id: 1 });
  // @ts-expect-error there is no such variable
  await client.query(GetLink, { id: "1", code: "x" });
  // @ts-expect-error an input has the fields of the schema
  await client.mutate(Create, { input: { target: "https://example.org/" } });
  const { link } = await client.query(GetLink, { id: "1" });
  // @ts-expect-error a link may not be there
  link.id;
  // @ts-expect-error it was not asked for
  link?.code;
  // @ts-expect-error a field that the schema does not have has no type
  (await client.query(graphql("{ viewer { shoeSize } }"))).viewer?.shoeSize?.toFixed();
  // @ts-expect-error what has reasons against it is not the thing itself
  accepted((await client.mutate(Create, { input: { url: "" } })).createLink, "userErrors");
  // @ts-expect-error codes are a closed list
  if (new CurtailError("", { code: "NOT_FOUND" }).code === "NO_SUCH_CODE") return;
}
