%% Earlier releases that stay in the container to go back to, and those that are one too many. release_handler's own
%% remove_release deletes the runtime with the last release that names it, and the libraries that others run.
-module(hot_deploy_shelf).
-export([prune/1]).
-export([order/3, superfluous/2]).

-include_lib("kernel/include/file.hrl").

%% Of the releases that are neither permanent nor current the first Keep stay: first those that the running one can go
%% back to, nearest first, as the relups say; then the others, the one that was brought last before those before it.
-spec prune(#{keep := non_neg_integer()}) -> hot_deploy_json:json().
prune(Request) ->
    case whereis(release_handler) of
        %% Nobody has a record of what is one too many.
        undefined -> #{kept => [], removed => [], bytesFreed => 0};
        _ -> pruned(Request)
    end.

pruned(#{keep := Keep}) ->
    Releases = [{Version, own(Name, Version, Libraries), Status}
                || {Name, Version, Libraries, Status} <- release_handler:which_releases()],
    {_, Running} = hot_deploy_node:running_release(),
    Old = order(Running, [{Version, Status} || {Version, _, Status} <- Releases], fun leads_to/1),
    {Stay, Go} = lists:split(min(Keep, length(Old)), Old),
    Left = [Release || {Version, _, _} = Release <- Releases, not lists:member(Version, Go)],
    Needed = lists:append([libraries(Release) || Release <- Left]),
    Removed = [remove(Release, Needed) || {Version, _, _} = Release <- Releases, lists:member(Version, Go)],
    [{_, Own, _}] = [Release || {Version, _, _} = Release <- Releases, Version =:= Running],
    #{
        kept => [#{version => text(Version), bytes => lists:sum([bytes(Path) || Path <- paths(Release, Own)])}
                 || Name <- Stay, {Version, _, _} = Release <- Releases, Version =:= Name],
        removed => [text(Version) || Version <- Go],
        bytesFreed => lists:sum(Removed)
    }.

%% distillery has the protocols of a release in a library that is called as the release, application or not.
own(_, _, []) -> [];
own(Name, Version, Libraries) -> lists:usort([Name ++ "-" ++ Version | Libraries]).

%% Versions that ran once, in the order in which they are kept. One that is unpacked never ran: somebody has plans with it.
-spec order(string(), [{string(), atom()}], fun((string()) -> [string()])) -> [string()].
order(Running, Releases, LeadsTo) ->
    Old = [Version || {Version, old} <- Releases, Version =/= Running],
    Back = [Version || Version <- way(LeadsTo(Running), LeadsTo, [Running]), lists:member(Version, Old)],
    Back ++ (Old -- Back).

way([Version | _], LeadsTo, Seen) ->
    case lists:member(Version, Seen) of
        true -> [];
        false -> [Version | way(LeadsTo(Version), LeadsTo, [Version | Seen])]
    end;
way([], _, _) ->
    [].

leads_to(Version) ->
    case file:consult(filename:join([releases(), Version, "relup"])) of
        {ok, [{Version, _, Down}]} -> [To || {To, _, _} <- Down];
        _ -> []
    end.

%% A record that was made up has no libraries, and then nothing is known to be superfluous.
libraries({Version, [], _}) ->
    throw({refused, no_record, text(["release_handler does not know which libraries ", Version, " has"])});
libraries({_, Libraries, _}) ->
    Libraries.

%% Deleted before it is forgotten: whoever is stopped in between finds it again.
remove({Version, _, _} = Release, Needed) ->
    Paths = [Path || Path <- paths(Release, Needed), not in_use(Path)],
    Bytes = lists:sum([bytes(Path) || Path <- Paths]),
    [deleted(Path, file:del_dir_r(Path)) || Path <- Paths],
    case release_handler:set_removed(Version) of
        ok -> Bytes;
        {error, Reason} -> throw({refused, not_removed, text(io_lib:format("~ts: ~0tp", [Version, Reason]))})
    end.

deleted(_, ok) -> ok;
deleted(_, {error, enoent}) -> ok;
deleted(Path, {error, Reason}) -> throw({refused, not_removed, text([Path, ": ", file:format_error(Reason)])}).

%% The directory of the release itself goes last: it says what the others are.
paths({Version, Libraries, _}, Needed) ->
    [filename:join([hot_deploy_node:root(), "lib", Library]) || Library <- superfluous(Libraries, Needed)] ++
        [filename:join(releases(), Version)].

-spec superfluous([string()], [string()]) -> [string()].
superfluous(Libraries, Needed) ->
    [Library || Library <- Libraries,
                not lists:member(Library, Needed),
                %% Each becomes a path, and is deleted.
                filename:basename(Library) =:= Library, Library =/= ".", Library =/= "..", Library =/= ""].

%% Whatever a record says: where code is looked for stays. What was loaded needs its file no more: a module that no upgrade
%% has changed is still the one of the directory that it was booted from.
in_use(Directory) ->
    Used = [filename:join(releases(), booted()) | code:get_path()],
    lists:any(fun(Path) -> lists:prefix(Directory ++ "/", flat(Path) ++ "/") end, Used).

%% A consolidated directory may stand in the code path as /app/lib/../releases/VSN/consolidated.
flat(Path) ->
    filename:join(lists:reverse(lists:foldl(
        fun("..", [_ | Above]) -> Above;
           (".", Above) -> Above;
           (Name, Above) -> [Name | Above]
        end, [], filename:split(Path)))).

booted() ->
    case file:read_file(filename:join(releases(), "start_erl.data")) of
        {ok, Data} ->
            case string:lexemes(binary_to_list(Data), " \n\r\t") of
                [_, Version | _] -> Version;
                _ -> ""
            end;
        {error, _} ->
            ""
    end.

%% Of links only themselves.
bytes(Path) ->
    case file:read_link_info(Path, [raw]) of
        {ok, #file_info{type = directory}} ->
            {ok, Names} = file:list_dir_all(Path),
            lists:sum([bytes(filename:join(Path, Name)) || Name <- Names]);
        {ok, #file_info{size = Size}} ->
            Size;
        {error, _} ->
            0
    end.

releases() -> filename:join(hot_deploy_node:root(), "releases").

text(Characters) -> unicode:characters_to_binary(Characters).
