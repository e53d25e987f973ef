/** Which changes of the GraphQL schema would break a client that was made from the released one. */
import { buildSchema, findBreakingChanges, getNamedType, isInterfaceType, isObjectType } from "graphql";

/**
 * What is broken, a sentence for each.
 *
 * A field that is listed in `retired` (`Link.slug`) may be gone if the released schema said that it is deprecated, and with it the
 * types that only it led to.
 */
export function brokenSchema(releasedSdl, currentSdl, retired = []) {
  const [before, now] = [buildSchema(releasedSdl), buildSchema(currentSdl)];
  const fields = outputFields(before);
  const left = new Set(retired);
  const isRetired = ({ name, deprecated }) => left.has(name) && deprecated;
  const gone = (type) => fields.filter((field) => field.of === type).every(isRetired);
  const allowed = ({ type, description }) => {
    const [name] = description.split(" was removed");
    if (type === "FIELD_REMOVED") return fields.some((field) => field.name === name && isRetired(field));
    return type === "TYPE_REMOVED" && gone(name);
  };
  const broken = findBreakingChanges(before, now).filter((change) => !allowed(change));
  const still = outputFields(now).filter((field) => left.has(field.name));
  return [
    ...broken.map((change) => change.description),
    ...still.map((field) => `${field.name} is listed as retired and still there.`),
  ];
}

/** Every field of every object: its name, whether it is deprecated, the type that it leads to. */
function outputFields(schema) {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) || isInterfaceType(type));
  return types.flatMap((type) =>
    Object.values(type.getFields()).map((field) => ({
      name: `${type.name}.${field.name}`,
      deprecated: field.deprecationReason !== undefined,
      of: getNamedType(field.type).name,
    })),
  );
}
