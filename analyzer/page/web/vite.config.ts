// One HTML file with everything in it: it is opened from disk, where a browser loads no module.
import { defineConfig } from 'vite';
import { viteSingleFile } from 'vite-plugin-singlefile';

export default defineConfig({
  plugins: [viteSingleFile({ removeViteModuleLoader: true })],
  build: { target: 'es2022', cssCodeSplit: false, assetsInlineLimit: 100_000_000 },
  test: { include: ['src/**/*.test.ts'] },
} as never);
