// The layers of src/ point down. Fails on an upward import, on a cycle of files or of folders, and on having seen no
// module at all.
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

/** Each layer, and the layers that it may import. */
export const layers = {
  protocol: [],
  transport: ['protocol'],
  lock: ['protocol'],
  client: ['protocol', 'transport'],
  attempt: ['protocol', 'client'],
  avatars: ['protocol', 'transport', 'client'],
  pages: ['protocol'],
  express: ['protocol', 'transport', 'lock', 'client', 'attempt', 'avatars', 'pages'],
  passport: ['protocol', 'client', 'attempt'],
  'better-auth': ['protocol', 'client', 'attempt'],
  sandbox: [],
  'text-protocol': ['protocol', 'transport'],
  browser: [],
  cli: ['protocol', 'transport', 'client', 'sandbox', 'text-protocol'],
};
const DOORS = '^src/[^/]+\\.ts$';
const BUILT_IN_IO =
  '^(node:)?(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster|timers|process)(/|$)';

function rulesFor([layer, below]) {
  const allowed = [layer, ...below].map((name) => `^src/${name}/`);
  return {
    name: `${layer}-points-down`,
    severity: 'error',
    from: { path: `^src/${layer}/` },
    to: { path: '^src/', pathNot: allowed },
  };
}

const forbidden = [
  ...Object.entries(layers).map(rulesFor),
  { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
  { name: 'doors-are-not-imported', severity: 'error', from: { path: '^src/[^/]+/' }, to: { path: DOORS } },
  {
    name: 'only-express-and-avatars-import-express',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(express|avatars)/' },
    to: { path: 'node_modules/(@types/)?express' },
  },
  {
    name: 'protocol-does-no-io',
    severity: 'error',
    from: { path: '^src/protocol/' },
    to: { path: `node_modules/|${BUILT_IN_IO}` },
  },
  {
    name: 'axios-only-in-transport',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/(transport|avatars)/' },
    to: { path: 'node_modules/axios', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'text-simulator-shares-no-code',
    severity: 'error',
    from: { path: '^src/text-protocol/simulator/' },
    to: { path: '^src/', pathNot: '^src/text-protocol/simulator/', dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'nothing-unresolved',
    severity: 'error',
    from: { path: '^src/' },
    to: { couldNotResolve: true, pathNot: '^#connections$' },
  },
  {
    name: 'no-test-tools',
    severity: 'error',
    from: { path: '^src/' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg'],
      // Peers and types, @peculiar/x509 by its types only.
      pathNot: 'node_modules/(@types/)?express(-session)?/|node_modules/sharp/|@types/node|@peculiar/x509/',
    },
  },
];

/** The folder of a module, as the unit of a cycle: a subfolder of a layer, or a file that lies in the layer itself. */
function folderOf(source) {
  const [, layer, folder, ...rest] = source.split('/');
  return rest.length > 0 ? `${layer}/${folder}` : `${layer}/${folder ?? ''}`;
}

/** Finds a cycle of folders, as text; `undefined` if there is none. */
function findFolderCycle(modules) {
  const graph = new Map();
  for (const { source, dependencies } of modules) {
    const from = folderOf(source);
    const to = graph.get(from) ?? new Set();
    graph.set(from, to);
    for (const { resolved } of dependencies) {
      if (resolved.startsWith('src/') && folderOf(resolved) !== from) to.add(folderOf(resolved));
    }
  }
  const finished = new Set();
  function visit(folder, path) {
    if (path.includes(folder)) return [...path.slice(path.indexOf(folder)), folder].join(' → ');
    if (finished.has(folder)) return undefined;
    for (const next of graph.get(folder) ?? []) {
      const cycle = visit(next, [...path, folder]);
      if (cycle) return cycle;
    }
    finished.add(folder);
    return undefined;
  }
  for (const folder of graph.keys()) {
    const cycle = visit(folder, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Checks a source tree, and says what is wrong as text. */
export async function checkLayers(folder = 'src', baseDir = process.cwd()) {
  const { output } = await cruise(
    [folder],
    {
      baseDir,
      ruleSet: { forbidden },
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['import', 'require', 'node', 'default', 'types'],
      },
    },
    {},
    { tsConfig: extractTSConfig.default ? extractTSConfig.default('tsconfig.json') : extractTSConfig('tsconfig.json') },
  );
  const modules = output.modules.filter(({ source }) => source.startsWith('src/'));
  const seen = modules.length;
  const wrong = output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
  const folderCycle = findFolderCycle(modules);
  if (folderCycle) wrong.push(`no-folder-cycle: ${folderCycle}`);
  if (seen === 0) wrong.push('no module was seen: the check checked nothing');
  return { seen, wrong };
}

if (import.meta.filename === process.argv[1]) {
  const { seen, wrong } = await checkLayers();
  for (const line of wrong) console.error(line);
  console.log(`layers: ${seen} modules, ${wrong.length} violations`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
