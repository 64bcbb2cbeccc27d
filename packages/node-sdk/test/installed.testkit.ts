/** Our packages as an application gets them: packed, and unpacked in a folder that has nothing else but what they depend on. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const APPLICATIONS = fileURLToPath(new URL('installed', import.meta.url));
const run = promisify(execFile);

interface Manifest {
  readonly version: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

/** The packages of `names`, as npm packs them, each unpacked in a folder of its own. */
export async function packOwn(names: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'conclave-packed-'));
  const workspaces = names.flatMap((name) => ['--workspace', `@conclave/${name}`]);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder, ...workspaces], { cwd: ROOT });
  for (const name of names) {
    const file = (await readdir(folder)).find((each) => each.startsWith(`conclave-${name}-0`) && each.endsWith('.tgz'));
    await mkdir(join(folder, name));
    await run('tar', ['-xzf', join(folder, String(file)), '-C', join(folder, name), '--strip-components', '1']);
  }
  return folder;
}

/** A folder in which applications have some of our packages installed. */
export class Installation {
  readonly folder: string;
  /** What npm would have installed, ours and others'. */
  readonly packages = new Set<string>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * @param packed - from `packOwn`
   * @param optional - with optional dependencies
   */
  static async of(packed: string, names: readonly string[], optional: boolean): Promise<Installation> {
    const installation = new Installation(await mkdtemp(join(tmpdir(), 'conclave-installed-')));
    await writeFile(join(installation.folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
    for (const name of names) await installation.#install(packed, `@conclave/${name}`, ROOT, optional);
    await cp(APPLICATIONS, installation.folder, { recursive: true });
    return installation;
  }

  /** Packages that are not ours lie where this repository has them; Node looks for what they need themselves there. */
  async #install(packed: string, name: string, from: string, optional: boolean): Promise<void> {
    if (this.packages.has(name)) return;
    this.packages.add(name);
    const place = join(this.folder, 'node_modules', name);
    await mkdir(dirname(place), { recursive: true });
    const own = /^@conclave\/(.*)$/.exec(name)?.[1];
    const source = own === undefined ? await folderOf(name, from) : join(packed, own);
    if (own === undefined) await symlink(source, place);
    else await cp(source, place, { recursive: true });
    const manifest = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as Manifest;
    const wanted = { ...manifest.dependencies, ...(optional ? manifest.optionalDependencies : {}) };
    const next = own === undefined ? source : join(ROOT, 'packages', own);
    for (const dependency of Object.keys(wanted)) await this.#install(packed, dependency, next, optional);
  }

  /** Runs an application to its end. @returns what it printed: a line of JSON, and what it said on stderr */
  async run(application: string, ...args: string[]): Promise<{ printed: unknown; said: string }> {
    const { stdout, stderr } = await run(process.execPath, [application, ...args], { cwd: this.folder });
    return { printed: JSON.parse(stdout), said: stderr };
  }

  /** Checks `application.ts` with the compiler. @returns its complaints */
  async check(moduleResolution: 'nodenext' | 'bundler'): Promise<string> {
    const tsc = createRequire(import.meta.url).resolve('typescript/package.json');
    const module = moduleResolution === 'nodenext' ? 'nodenext' : 'esnext';
    const compilerOptions = {
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      target: 'es2023',
      lib: ['es2023', 'dom'],
      types: [],
      module,
      moduleResolution,
    };
    await writeFile(join(this.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['application.ts'] }));
    return run(process.execPath, [join(dirname(tsc), 'bin/tsc'), '-p', '.'], { cwd: this.folder }).then(
      ({ stdout }) => stdout,
      (error: { stdout: string }) => error.stdout,
    );
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Where Node finds a package, seen from a folder. */
async function folderOf(name: string, from: string): Promise<string> {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = await realpath(join(folder, 'node_modules', name)).catch(() => undefined);
    if (found !== undefined) return found;
    if (folder === dirname(folder)) return Promise.reject(new TypeError(`${name} is not installed`));
  }
}
