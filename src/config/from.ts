import { type Kind, text } from './kind.js';

/** What stands for what runs, where no container of it is at hand. */
export type From =
  | { readonly kind: 'image'; readonly reference: string }
  /** What was deployed last by GitHub's record; the base branch where nothing was. */
  | { readonly kind: 'last-deployment' }
  /** What a pull request is to be merged into. */
  | { readonly kind: 'base-branch' };

/** These words end up as arguments of the docker CLI, so none may look like an option of it. */
export const imageReferenceShape = /^[a-zA-Z0-9][\w.:@/-]*$/;

export const imageReference = text(
  'an image reference such as `registry.example.com/team/app:1.2.3`',
  imageReferenceShape,
);

export const from: Kind<From> = {
  allowed: `\`last-deployment\`, \`base-branch\` or ${imageReference.allowed}`,
  parse: (word, option) =>
    word === 'last-deployment' || word === 'base-branch'
      ? { kind: word }
      : { kind: 'image', reference: imageReference.parse(word, option) },
};
