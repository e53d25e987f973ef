/** The check of module cycles, on small crates. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cycles, flatten } from "./cycles.js";

test("two modules that import each other are a cycle", () => {
  const files = { "src/lib.rs": "mod a; mod b;", "src/a.rs": "use crate::b::B;", "src/b/mod.rs": "use crate::a::A;" };
  assert.deepEqual(cycles(files), [["a", "b"]]);
});

test("a longer cycle is found through nested modules, paths and super", () => {
  const files = {
    "src/lib.rs": "",
    "src/a/mod.rs": "",
    "src/a/x.rs": "fn f() { crate::b::g() }",
    "src/b.rs": "use super::c;",
    "src/c/mod.rs": "use crate::{std_like::X, a::{self, x::Y}};",
  };
  assert.deepEqual(cycles(files), [["a", "b", "c"]]);
});

test("siblings inside of a module are seen as well", () => {
  const files = { "src/a/mod.rs": "", "src/a/x.rs": "use super::y::Y;", "src/a/y.rs": "use crate::a::x;" };
  assert.deepEqual(cycles(files), [["a::x", "a::y"]]);
});

test("a parent and its child, comments and unit tests are no cycle", () => {
  const files = {
    "src/a/mod.rs": "use self::x::X;",
    "src/a/x.rs": "use super::A;\n// use crate::b::B;",
    "src/b.rs": "use crate::a::A;\n#[cfg(test)]\nmod tests { use crate::c::C; }",
    "src/c.rs": "use crate::b::B;",
  };
  assert.deepEqual(cycles(files), []);
});

test("groups of imports are taken apart", () => {
  assert.deepEqual(flatten("crate::{a, b::{c, d as e}}"), ["crate::a", "crate::b::c", "crate::b::d"]);
});
