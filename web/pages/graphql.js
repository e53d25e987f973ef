/** Operations: one request, one answer. */

/** Something that the user cannot help; the message says what to do. */
export class Fault extends Error {}

/** Sends an operation that has one field and gives what the field holds. */
export async function send(query, variables) {
  let { status, answer } = await exchange(query, variables);
  // The access token was not good any more. Its cookie is gone with this answer, and nothing was executed.
  if (status === 401) ({ status, answer } = await exchange(query, variables));
  const error = answer.errors?.[0];
  if (error) throw new Fault(withWait(error));
  return Object.values(answer.data)[0];
}

async function exchange(query, variables) {
  try {
    const response = await fetch("/graphql", {
      method: "POST",
      credentials: "same-origin",
      // The last one proves that a page of this origin asks: others would need a preflight for it, which is refused.
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-Curtail-Csrf": "1" },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, answer: await response.json() };
  } catch {
    throw new Fault("Curtail cannot be reached at the moment. Try again.");
  }
}

function withWait({ message, extensions }) {
  const seconds = extensions?.retryAfter;
  if (!(seconds > 1)) return message;
  return `${message} (${seconds < 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`})`;
}
