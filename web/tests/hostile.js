/** An account into which everything that someone can enter is hostile text. */
import { request } from "node:http";
import { CORPUS, upTo } from "./corpus.js";
import { linkIn, mailTo } from "./mailbox.js";
import { anAddress, gql, PASSWORD, signUp } from "./platform.js";

/** The corpus as few texts of at most `length` characters. */
export function packed(length) {
  const texts = [];
  for (const text of upTo(length)) {
    const longer = `${texts.at(-1)} ${text}`;
    if (texts.length > 0 && longer.length <= length) texts[texts.length - 1] = longer;
    else texts.push(text);
  }
  return texts;
}

/** Runs a mutation that must succeed, and gives its payload. */
async function change(token, field, type, input, wanted) {
  const query = `mutation($input: ${type}) { ${field}(input: $input) { ${wanted} userErrors { code message } } }`;
  const answer = await gql(query, token, { input });
  const payload = answer.data?.[field];
  if (!payload || payload.userErrors.length > 0) throw new Error(`${field}: ${JSON.stringify(answer)}`);
  return payload;
}

/** Makes the account and gives its address, its token and its links. */
export async function plant() {
  const email = anAddress("hostile");
  const token = await signUp("Hostile", email, packed(200)[0]);
  await prove(email);
  const wish =
    "mutation { updateNotificationPreferences(preferences: [{kind: LINK_CREATED, email: true}]) { __typename } }";
  await gql(wish, token);
  const links = await plantLinks(token);
  for (const name of packed(100).slice(0, 5)) {
    await change(token, "createApiKey", "CreateApiKeyInput!", { name, scopes: ["READ"] }, "apiKey { id }");
  }
  for (const description of packed(200)) {
    const input = { url: "https://hooks.example.com/", description, events: ["LINK_DISABLED"] };
    await change(token, "createWebhook", "CreateWebhookInput!", input, "webhook { id }");
  }
  for (const [i, name] of packed(200).entries()) {
    const create = "mutation($name: String!) { createWorkspace(name: $name) { workspace { id } } }";
    const { workspace } = (await gql(create, token, { name })).data.createWorkspace;
    const input = { workspaceId: workspace.id, email: `invited-${i}-${email}`, role: "VIEWER" };
    await change(token, "inviteMember", "InviteMemberInput!", input, "invitation { id }");
  }
  const login = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";
  for (const agent of packed(500)) {
    await gql(login, undefined, { input: { email, password: PASSWORD } }, { "user-agent": agent });
  }
  const forgotten = "mutation($email: String!) { requestPasswordReset(email: $email) { done } }";
  await gql(forgotten, undefined, { email });
  for (const [i, link] of links.entries()) await visit(link.shortUrl, CORPUS[i]);
  return { email, token, links };
}

async function prove(email) {
  const token = new URL(linkIn(await mailTo(email, "email-verification"))).searchParams.get("token");
  await gql("mutation($token: String!) { verifyEmail(token: $token) { userErrors { code } } }", undefined, { token });
}

/** A link for each text of the corpus, with the text in every field. */
async function plantLinks(token) {
  const tags = upTo(50);
  const links = CORPUS.map((text, i) => ({
    url: `https://example.com/${text}?utm_source=${text}#${text}`,
    title: text,
    description: text,
    notes: text,
    externalId: text,
    tags: tags.slice(i, i + 1),
  }));
  const { outcomes } = await change(
    token,
    "createLinks",
    "CreateLinksInput!",
    { links },
    "outcomes { link { id shortUrl title } userErrors { code message } }",
  );
  const refused = outcomes.filter((outcome) => !outcome.link);
  if (refused.length > 0) throw new Error(JSON.stringify(refused));
  return outcomes.map((outcome) => outcome.link);
}

/** Follows a short link with hostile text in everything that a visitor's browser sends, raw where HTTP allows it. */
function visit(shortUrl, text) {
  const url = new URL(shortUrl);
  const names = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];
  url.search = names.map((name) => `${name}=${encodeURIComponent(text)}`).join("&");
  const headers = { "user-agent": `Mozilla/5.0 ${text}`, referer: `https://${text}/`, "accept-language": text };
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers }, (response) => response.resume().on("end", resolve));
    sent.on("error", reject).end();
  });
}
