// Writes src/api/schema.d.ts from the platform's OpenAPI document (docs/reference/openapi.json), where there is one.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

const source = new URL("../../docs/reference/openapi.json", import.meta.url);
if (!existsSync(source)) {
  process.stdout.write("no docs/reference/openapi.json: the types in src/api/types.ts stand\n");
} else {
  const text = astToString(await openapi(source));
  await writeFile(new URL("../src/api/schema.d.ts", import.meta.url), text);
  process.stdout.write("wrote src/api/schema.d.ts\n");
}
