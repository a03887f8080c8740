/**
 * Policy's answers, worked out from a configuration once: which recorders take part in a call, by
 * which numbers, and how an agent is found.
 *
 * @module
 */
import type { RecorderId } from "../control/call.ts";
import type { DeskRules, Rules } from "../control/commands.ts";
import type { Config } from "./config.ts";
import type { RouteConfig, TenantConfig } from "./configTenants.ts";
import type { Policy, RecorderPart, Routing } from "./policy.ts";

type Attributes = Readonly<Record<string, string>>;
interface Route {
  readonly when: RouteConfig["when"];
  readonly routing: Routing;
}

/**
 * The configuration's policy. Pure and total for its tenants: the last route matches every call.
 * Throws for a tenant that is not configured, which no checked credential can name.
 */
export function policyOf(config: Config): Policy {
  const tenants = new Map(
    Object.entries(config.tenants).map(([id, tenant]) => [id, routesOf(tenant)]),
  );
  return {
    routing(tenant, attributes) {
      const route = tenants.get(tenant)?.find(({ when }) => matches(when, attributes));
      if (route === undefined) throw new Error("policy asked for a tenant it does not know");
      return route.routing;
    },
    agent(tenant, agentId) {
      const agents = config.tenants[tenant]?.agents ?? {};
      return Object.hasOwn(agents, agentId) ? agents[agentId] : undefined;
    },
    tenants: () => [...tenants.keys()],
  };
}

function routesOf(tenant: TenantConfig): readonly Route[] {
  const { leaseMsDefault, renewMsMax: _, waitMsDefault, waitMsMax, ...numbers } = tenant.rules;
  // The sandbox alone may leave the choice open, and resumes.
  const rules: Rules = { ...numbers, atLeaseEnd: tenant.atLeaseEnd ?? "resume" };
  const common = {
    rules,
    leaseMsDefault,
    waitMsDefault,
    waitMsMax,
    whenLogFails: tenant.whenLogFails,
  };
  return tenant.routes.map(({ when, recorders }) => ({
    when,
    routing: { ...common, recorders: recorders.map(partOf) },
  }));
}

function partOf({ recorder, ...part }: RouteConfig["recorders"][number]): RecorderPart {
  return { recorderId: recorder, ...part };
}

function matches(when: RouteConfig["when"], attributes: Attributes): boolean {
  return Object.entries(when ?? {}).every(([name, wanted]) => {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    return value !== undefined && [wanted].flat().includes(value);
  });
}

/** The numbers of one recorder's desk. */
export function deskRulesOf(config: Config, recorderId: RecorderId): DeskRules {
  const recorder = config.recorders[recorderId];
  if (recorder === undefined) throw new Error("policy asked for a recorder it does not know");
  return recorder.desk;
}

/** What a call's session goes by: the tenant's numbers, and the log's. */
export function sessionRulesOf(
  config: Config,
  policy: Policy = policyOf(config),
): (tenant: string, attributes: Attributes) => SessionNumbers {
  const { writeMsMax: logMsMax, retryMs: logRetryMs } = config.log;
  return (tenant, attributes) => {
    const { rules, whenLogFails } = policy.routing(tenant, attributes);
    return { rules, whenLogFails, logMsMax, logRetryMs };
  };
}

interface SessionNumbers extends Pick<Routing, "rules" | "whenLogFails"> {
  readonly logMsMax: number;
  readonly logRetryMs: number;
}

/** Which web pages may call. */
export function originsOf(config: Config) {
  const tenants = new Map(
    Object.entries(config.tenants).map(([id, { origins }]) => [id, new Set(origins)]),
  );
  const all = new Set([...tenants.values()].flatMap((origins) => [...origins]));
  return {
    /** Some tenant lists it: enough for a preflight, which carries no credential. */
    any: (origin: string): boolean => all.has(origin),
    of: (tenant: string, origin: string): boolean => tenants.get(tenant)?.has(origin) ?? false,
  };
}
