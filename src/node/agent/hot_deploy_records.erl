%% What release_handler has to find on disk and in its memory. A stock mix release brings none of it.
-module(hot_deploy_records).
-export([ensure/2, undo/1, runs/1, room/0, placed/3, swap_config/3, restore_config/1]).

-record(records, {created :: boolean(), unpacked :: string() | none}).
-record(swap, {file :: string(), later :: string() | none}).

%% Makes the record of the running release whole, and the new one known. Without RELEASES release_handler
%% makes up a record with no libraries: a downgrade then crashes in it, and remove_release deletes the
%% running release.
%% Where no release_handler runs there is nobody who keeps a record.
-spec ensure(string(), string()) -> #records{} | none.
ensure(From, To) ->
    case whereis(release_handler) of
        undefined -> none;
        _ -> recorded(From, To)
    end.

recorded(From, To) ->
    ok = point(),
    Created = not whole(From) andalso create(From),
    Unpacked = not known(To) andalso unpack(To),
    #records{created = Created, unpacked = case Unpacked of true -> To; false -> none end}.

-spec undo(#records{} | none) -> ok.
undo(none) ->
    ok;
undo(#records{created = Created, unpacked = Unpacked}) ->
    Unpacked =/= none andalso release_handler:set_removed(Unpacked),
    case Created of
        true ->
            ok = file:delete(releases_file()),
            restart_handler();
        false ->
            ok
    end.

%% Tells release_handler of a release that it has not loaded itself what it knows of one that it has: that it is the current one,
%% until it is permanent. On disk it stays unpacked, which is what a restart of the VM would make of it.
-spec runs(string()) -> ok.
runs(Version) ->
    _ = sys:replace_state(release_handler, fun(State) -> list_to_tuple([current(Version, Each) || Each <- tuple_to_list(State)]) end),
    ok.

current(Version, [Release | _] = Releases) when element(1, Release) =:= release -> [status(Version, Each) || Each <- Releases];
current(_, Other) -> Other.

status(Version, {release, Name, Version, Erts, Libraries, Status}) when Status =/= permanent -> {release, Name, Version, Erts, Libraries, current};
status(Version, {release, Name, Other, Erts, Libraries, current}) when Other =/= Version -> {release, Name, Other, Erts, Libraries, old};
status(_, Release) -> Release.

whole(Version) ->
    case lists:keyfind(Version, 2, release_handler:which_releases()) of
        {_, _, [_ | _], _} -> filelib:is_regular(releases_file());
        _ -> false
    end.

known(Version) -> lists:keymember(Version, 2, release_handler:which_releases()).

create(Version) ->
    Root = hot_deploy_node:root(),
    ok = release_handler:create_RELEASES(Root, filename:join(Root, "releases"), rel_file(Version), elsewhere(Version)),
    restart_handler(),
    true.

%% It reads RELEASES only when it starts. Nobody depends on it: it holds no state that is not on disk.
restart_handler() ->
    ok = supervisor:terminate_child(sasl_sup, release_handler),
    {ok, _} = supervisor:restart_child(sasl_sup, release_handler),
    ok.

%% In a release without a runtime of its own the handler has started in another Erlang's directory. It reads the variable when
%% it starts, and keeps no setting of it that anybody would compare.
point() ->
    Directory = filename:join(hot_deploy_node:root(), "releases"),
    case code:root_dir() =:= hot_deploy_node:root() orelse os:getenv("RELDIR") =:= Directory of
        true ->
            ok;
        false ->
            os:putenv("RELDIR", Directory),
            restart_handler()
    end.

%% Where such a release has its libraries: release_handler looks for them below the VM's own root.
elsewhere(Version) ->
    Root = hot_deploy_node:root(),
    {ok, [{release, _, _, Libraries}]} = file:consult(rel_file(Version)),
    [{element(1, Library), element(2, Library), directory(Root, lists:concat([element(1, Library), "-", element(2, Library)]))}
     || code:root_dir() =/= Root, Library <- Libraries].

directory(Root, Name) ->
    Own = filename:join(Root, "lib"),
    case filelib:is_dir(filename:join(Own, Name)) of
        true -> Own;
        false -> code:lib_dir()
    end.

unpack(Version) ->
    {ok, _} = release_handler:set_unpacked(rel_file(Version), elsewhere(Version)),
    true.

%% The first of them that is there: one that a deploy has written knows directories of another name.
rel_file(Version) ->
    Directory = filename:join([hot_deploy_node:root(), "releases", Version]),
    {Name, _} = hot_deploy_node:running_release(),
    Files = [filename:join(Directory, File) || File <- ["hot-deploy.rel", Name ++ ".rel"]],
    case lists:filter(fun filelib:is_regular/1, Files) of
        [File | _] -> File;
        [] -> filename:join(Directory, "start.rel")
    end.

releases_file() -> filename:join([hot_deploy_node:root(), "releases", "RELEASES"]).

%% release_handler empties RELEASES before it writes it anew: on a full disk it would forget every release. Nobody can keep
%% the room that is found here, so this is asked right before it writes.
-spec room() -> ok.
room() ->
    File = releases_file(),
    Trial = File ++ ".hot-deploy",
    written(Trial, binary:copy(<<0>>, filelib:file_size(File) + 65536), 8#600),
    ok = file:delete(Trial).

%% release_handler takes the new environment from releases/VSN/sys.config and from nowhere else. So for the
%% moment of the switch it holds the resolved one: secrets, hence only for the VM's own user, and only then.
%% What is to lie there afterwards is written beforehand, too: then only names change, for which any disk has room.
-spec swap_config(string(), hot_deploy_environment:expected(), hot_deploy_config:resolved()) -> #swap{}.
swap_config(Version, Environment, #{rendered := Rendered}) ->
    File = filename:join([hot_deploy_node:root(), "releases", Version, "sys.config"]),
    Later =
        case afterwards(File, Rendered) of
            none -> none;
            {Text, Mode} -> placed(File ++ ".hot-deploy-later", Text, Mode)
        end,
    Resolved = io_lib:format("%% coding: utf-8~n~0tp.~n", [hot_deploy_environment:portable(Environment)]),
    try
        %% Renamed into place, so that a reader sees the one or the other and nobody sees it before its mode is set.
        ok = file:rename(placed(File ++ ".hot-deploy", unicode:characters_to_binary(Resolved), 8#600), File)
    catch
        Class:Reason:Stack ->
            _ = Later =/= none andalso file:delete(Later),
            erlang:raise(Class, Reason, Stack)
    end,
    #swap{file = File, later = Later}.

-spec restore_config(#swap{}) -> ok.
restore_config(#swap{file = File, later = none}) -> file:delete(File);
restore_config(#swap{file = File, later = Later}) -> file:rename(Later, File).

afterwards(File, none) ->
    case {file:read_file(File), file:read_file_info(File)} of
        {{ok, Text}, {ok, Info}} -> {Text, element(8, Info) band 8#777};
        _ -> none
    end;
%% relx's start script leaves the rendered file here on every boot.
afterwards(_, Rendered) ->
    {unicode:characters_to_binary(Rendered), 8#600}.

%% Refused where it cannot be written.
-spec placed(string(), iodata(), non_neg_integer()) -> string().
placed(File, Text, Mode) ->
    ok = written(File, Text, Mode),
    File.

%% Nothing is left of a file that could not be written. Its mode comes last, since it may be read-only; so may what a run left
%% that was killed.
written(File, Text, Mode) ->
    _ = file:delete(File),
    Steps = [fun() -> file:write_file(File, <<>>) end,
             fun() -> file:change_mode(File, 8#600) end,
             fun() -> file:write_file(File, Text) end,
             fun() -> file:change_mode(File, Mode) end],
    case lists:foldl(fun(Step, ok) -> Step(); (_, Error) -> Error end, ok, Steps) of
        ok ->
            ok;
        {error, Reason} ->
            _ = file:delete(File),
            Words = io_lib:format("~ts could not be written: ~ts", [File, file:format_error(Reason)]),
            throw({refused, not_written, unicode:characters_to_binary(Words)})
    end.
