import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The built console goes into the Python package, which serves it; no Node is needed there.
// TOCSIN_URL: the platform that `npm run dev` talks to.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/tocsin/console/dist",
    emptyOutDir: true,
    // The content security policy allows data: for images only, so nothing else is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: {
    proxy: { "/api": process.env.TOCSIN_URL ?? "http://127.0.0.1:8430" },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
