import { secrets } from '../system/secrets.js';
import { isNumber, isText, listOf, membersOf } from '../system/shape.js';
import { type Call, ifThere } from './call.js';
import { isImage } from './details.js';
import type { Engine } from './engine.js';
import { order, read, type Transport } from './request.js';

type ImageCalls = Pick<Engine, 'findImage' | 'history' | 'tagImage' | 'untagImage'>;

export function imageCalls(docker: Transport, call: Call): ImageCalls {
  return {
    findImage: async (reference) => {
      const image = await ifThere(
        call(`inspect image ${reference}`, (signal) =>
          read(docker, { path: ['images', reference, 'json'] }, signal, isImage),
        ),
      );
      secrets.publish(...(image?.RepoTags ?? []));
      secrets.learn(image?.Config.Env ?? []);
      return image;
    },

    history: async (image) => {
      const layers = await call(`read the history of image ${image}`, (signal) =>
        read(docker, { path: ['images', image, 'history'] }, signal, isHistory),
      );
      return layers.map(({ CreatedBy: createdBy, Size: size }) => ({ createdBy, size }));
    },

    tagImage: async (image, reference) => {
      const { repository: repo, tag } = named(reference);
      const asked = { method: 'POST', path: ['images', image, 'tag'], query: { repo, tag } } as const;
      await call(`tag image ${image} as ${reference}`, (signal) => order(docker, asked, signal));
    },

    untagImage: async (reference) => {
      const query = { force: true, noprune: true };
      await call(`remove the name ${reference}`, (signal) =>
        order(docker, { method: 'DELETE', path: ['images', reference], query }, signal),
      );
    },
  };
}

const isHistory = listOf(membersOf({ CreatedBy: isText, Size: isNumber }));

/** A colon before a slash belongs to the registry's port. */
function named(reference: string): { repository: string; tag: string } {
  const [, repository, tag] = /^(.+):([^:/]+)$/.exec(reference) ?? [];
  return repository === undefined || tag === undefined ? { repository: reference, tag: 'latest' } : { repository, tag };
}
