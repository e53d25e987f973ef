/** Forms, and which part of a page is shown. Text gets into the page as text, never as markup. */
import { Fault } from "./graphql.js";

/** The element with this id. */
export const part = (id) => document.getElementById(id);

/** Shows the sections with these ids and no other; the focus moves to the first one's heading, for screen readers. */
export function show(...ids) {
  for (const section of document.querySelectorAll("main > *")) section.hidden = !ids.includes(section.id);
  part(ids[0]).querySelector("h1, h2").focus();
}

/** Writes a text wherever the page has a place for it (`data-text`). */
export function write(name, text) {
  for (const place of document.querySelectorAll(`[data-text="${name}"]`)) place.textContent = text;
}

/** The parameter of the page's address, empty without it. */
export function parameter(name) {
  return new URLSearchParams(location.search).get(name) ?? "";
}

/** A token that was used has no more business in the address and the history. */
export function forgetToken() {
  history.replaceState(null, "", location.pathname);
}

/** The page while `work` runs; what goes wrong is said instead of it. */
export async function open(work) {
  try {
    await work();
  } catch (error) {
    write("failure", wordsOf(error));
    show("failed");
  }
}

/**
 * Calls `act` with the fields of a form when it is sent, once at a time. What `act` gives are the user errors: each is
 * shown beside its field, or else below the form.
 */
export function onSubmit(id, act) {
  const form = part(id);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    const fields = [...form.querySelectorAll("input")];
    for (const field of fields) mark(field, "");
    say(form, "");
    try {
      const values = Object.fromEntries(fields.map((field) => [field.name, field.value]));
      complain(form, fields, (await act(values)) ?? []);
    } catch (error) {
      say(form, wordsOf(error));
    } finally {
      button.disabled = false;
    }
  });
}

function complain(form, fields, errors) {
  const blamed = (error) => fields.find((field) => field.name === error.field);
  for (const error of errors.filter(blamed)) mark(blamed(error), error.message);
  const others = errors.filter((error) => !blamed(error));
  if (others.length > 0) say(form, others.map((error) => error.message).join(" "));
  errors.map(blamed).find(Boolean)?.focus();
}

/** Every field is described by the element for its problem, every form has one for its own. */
function mark(field, message) {
  field.setAttribute("aria-invalid", String(message !== ""));
  part(field.getAttribute("aria-describedby")).textContent = message;
}

function say(form, message) {
  form.querySelector("[role=alert]").textContent = message;
}

function wordsOf(error) {
  if (error instanceof Fault) return error.message;
  console.error(error);
  return "Something went wrong. Load the page again.";
}
