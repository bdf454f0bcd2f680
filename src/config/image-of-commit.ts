/** What the image of a commit is called where nobody said; undefined outside of GitHub. */
export function imageOfCommit(environment: NodeJS.ProcessEnv, commit = environment['GITHUB_SHA']): string | undefined {
  const { GITHUB_REPOSITORY: repository } = environment;
  // Docker wants references in lower case; GitHub keeps the case of owner and repository.
  return repository && commit ? `${repository.toLowerCase()}:${commit}` : undefined;
}
