/** The page's build: one entry, everything from this origin, JSX for Preact. */
import { defineConfig } from 'vite';

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: { target: 'es2023', outDir: 'dist', emptyOutDir: true, sourcemap: false, assetsInlineLimit: 0 },
  worker: { format: 'es' },
});
