import { vi } from 'vitest';

// A process runs many test files. Each has the modules of this project as they are when they are loaded, and shares only those
// of libraries with the files before it: what a file has told a module, such as a secret, is nothing to the next.
vi.resetModules();
