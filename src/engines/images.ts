import type Dockerode from 'dockerode';
import { type Call, statusOf } from './call.js';
import type { ImageDetails } from './details.js';
import type { Engine, Layer } from './engine.js';
import { get } from './get.js';

type ImageCalls = Pick<Engine, 'findImage' | 'history' | 'tagImage' | 'untagImage'>;

export function imageCalls(docker: Dockerode, call: Call): ImageCalls {
  return {
    findImage: async (reference) => {
      try {
        return await call(`inspect image ${reference}`, (abortSignal) =>
          get<ImageDetails>(docker, `/images/${reference}/json`, 'no such image', abortSignal),
        );
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },

    history: async (image) => {
      const layers = await call(`read the history of image ${image}`, (abortSignal) =>
        get<readonly RawLayer[]>(docker, `/images/${image}/history`, 'no such image', abortSignal),
      );
      return layers.map((layer): Layer => ({ createdBy: layer.CreatedBy, size: layer.Size }));
    },

    tagImage: async (image, reference) => {
      const { repository, tag } = named(reference);
      await call(`tag image ${image} as ${reference}`, (abortSignal) =>
        docker.getImage(image).tag({ repo: repository, tag, abortSignal }),
      );
    },

    untagImage: async (reference) => {
      await call(`remove the name ${reference}`, (abortSignal) =>
        docker.getImage(reference).remove({ force: true, noprune: true, abortSignal }),
      );
    },
  };
}

interface RawLayer {
  readonly CreatedBy: string;
  readonly Size: number;
}

/** A colon before a slash belongs to the registry's port. */
function named(reference: string): { repository: string; tag: string } {
  const [, repository, tag] = /^(.+):([^:/]+)$/.exec(reference) ?? [];
  return repository === undefined || tag === undefined ? { repository: reference, tag: 'latest' } : { repository, tag };
}
